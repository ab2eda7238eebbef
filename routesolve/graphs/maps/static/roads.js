(function () {
  "use strict";
  const holder = document.getElementById("routesolve-map");
  addEventListener("beforeprint", () => document.querySelectorAll("details").forEach(d => { d.open = true; }));
  if (!holder || !window.L) return;

  const data = JSON.parse(holder.textContent);
  const { map, decode, colour, front, Stop, words } = routesolveMap(data);

  // The first layer matters most: it is drawn last, over the others.
  const groups = data.layers.map(() => L.layerGroup());
  data.layers.forEach((layer, k) => {
    const lines = layer.lines.map(decode), group = groups[k];
    const style = { renderer: front, lineCap: "round", lineJoin: "round", smoothFactor: 0.6 };
    group.casing = L.polyline(lines, { ...style, color: colour("--ring"), weight: layer.weight + 3, opacity: layer.casing ? 0.8 : 0, interactive: false });
    group.line = L.polyline(lines, { ...style, color: layer.colour, weight: layer.weight, opacity: 0.95, dashArray: layer.dash || null });
    group.line.bindTooltip(() => words(layer.title), { sticky: true }).on("mouseover", () => highlight(k)).on("mouseout", () => highlight(null));
    // A street's name under the pointer: an unseen line over the route, one for each step.
    const steps = (layer.steps || []).map(step => L.polyline(decode(step.line), { renderer: front, weight: 14, opacity: 0 })
      .bindTooltip(() => words(step.text), { sticky: true }).on("mouseover", () => highlight(k)).on("mouseout", () => highlight(null)));
    [group.casing, group.line, ...steps].filter(l => l.options.opacity !== 0 || l.options.interactive).forEach(l => group.addLayer(l));
  });

  const marks = L.layerGroup();
  data.marks.forEach(mark => {
    if (mark.off) L.polyline([mark.at, mark.off], { renderer: front, color: colour("--soft"), weight: 1.5, dashArray: "2 4", interactive: false }).addTo(marks);
    const at = mark.off || mark.at;
    new Stop(at, { renderer: front, radius: 10, weight: 2, color: "#ffffff", fillColor: mark.colour, fillOpacity: 1, opacity: 1, label: mark.label, ink: "#ffffff" })
      .bindTooltip(() => words(mark.title), { direction: "top", offset: [0, -10] }).addTo(marks);
  });

  const chips = [...document.querySelectorAll(".chip[data-layer]")];
  const wanted = k => chips[k].getAttribute("aria-pressed") === "true";
  function show() {
    [...groups, marks].forEach(group => group.remove());
    for (let k = groups.length - 1; k >= 0; k--) if (wanted(k)) groups[k].addTo(map);
    marks.addTo(map);
    label();
  }
  chips.forEach(chip => chip.addEventListener("click", () => {
    chip.setAttribute("aria-pressed", chip.getAttribute("aria-pressed") !== "true");
    show();
  }));

  // Names of the streets driven along: the longest first, as long as there is room.
  let names = [];
  function label() {
    names.forEach(name => name.remove());
    names = [];
    if (!wanted(0)) return;
    const taken = data.marks.map(m => map.latLngToContainerPoint(m.off || m.at)).map(p => [p.x - 14, p.y - 14, p.x + 14, p.y + 14]);
    const size = map.getSize();
    for (const { at, text } of data.labels) {
      const p = map.latLngToContainerPoint(at), w = text.length * 6.3 + 14;
      const box = [p.x + 6, p.y + 6, p.x + 10 + w, p.y + 28];
      if (box[0] < 0 || box[1] < 0 || box[2] > size.x || box[3] > size.y) continue;
      if (taken.some(b => box[0] < b[2] && b[0] < box[2] && box[1] < b[3] && b[1] < box[3])) continue;
      taken.push(box);
      names.push(L.tooltip({ permanent: true, direction: "right", offset: [6, 17], className: "street", interactive: false }).setLatLng(at).setContent(words(text)).addTo(map));
    }
  }
  map.on("moveend zoomend resize", label);

  // Many streets at once: thin from afar, where they would run into each other.
  const thin = () => groups.forEach((group, k) => {
    if (!data.layers[k].casing) group.line.setStyle({ weight: Math.max(1.2, Math.min(data.layers[k].weight, (map.getZoom() - 8.5) / 1.6)) });
  });
  map.on("zoomend", thin);
  thin();
  show();

  function highlight(which) {
    groups.forEach((group, k) => {
      const faded = which !== null && k !== which;
      group.line.setStyle({ opacity: faded ? 0.25 : 0.95 });
      if (group.hasLayer(group.casing)) group.casing.setStyle({ opacity: faded ? 0.1 : 0.8 });
    });
  }
  document.querySelectorAll("tr[data-layer]").forEach(row => {
    for (const on of ["mouseenter", "focus"]) row.addEventListener(on, () => highlight(Number(row.dataset.layer)));
    for (const off of ["mouseleave", "blur"]) row.addEventListener(off, () => highlight(null));
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => groups.forEach(g => g.casing.setStyle({ color: colour("--ring") })));
})();
