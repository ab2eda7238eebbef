(function () {
  "use strict";
  const holder = document.getElementById("routesolve-map");
  addEventListener("beforeprint", () => document.querySelectorAll("details").forEach(d => { d.open = true; }));
  if (!holder || !window.L) return;

  const data = JSON.parse(holder.textContent);
  const { map, fit, decode, colour, front, Stop, words } = routesolveMap(data);

  const total = data.routes.reduce((n, route) => n + route.stops.length, 0);
  const radius = total <= 250 ? 9 : total <= 600 ? 7 : 4;

  // Stops of one place share a popup, so that none is hidden below another.
  const here = new Map();
  for (const item of [...data.routes.flatMap(r => r.stops), ...data.depots, ...data.unserved]) {
    const key = item.at.join();
    here.set(key, [...(here.get(key) || []), item]);
  }
  function popup(at) {
    const box = document.createElement("div");
    box.dir = "auto";
    for (const item of here.get(at.join())) {
      const head = document.createElement("b");
      head.textContent = item.title;
      box.append(head);
      for (const line of item.lines) {
        const row = document.createElement("div");
        row.textContent = line;
        box.append(row);
      }
    }
    return box;
  }
  function mark(item, options, group) {
    const marker = new Stop(item.at, { renderer: front, radius, weight: 1.5, fillOpacity: 1, opacity: 1, ...options }).addTo(group);
    marker.bindPopup(() => popup(item.at), { minWidth: 180 });
    marker.bindTooltip(() => words(item.title), { direction: "top", offset: [0, -radius] });
    return marker;
  }

  const layers = {};
  data.routes.forEach((route, k) => {
    const group = layers[k] = L.layerGroup().addTo(map);
    const points = decode(route.line);
    group.casing = L.polyline(points, { renderer: front, color: colour("--ring"), weight: 6, opacity: 0.75, interactive: false }).addTo(group);
    group.line = L.polyline(points, { renderer: front, color: route.colour, weight: 3.2, opacity: 0.9, dashArray: route.dash || null }).addTo(group);
    group.line.bindTooltip(() => words(route.name), { sticky: true });
    group.line.on("mouseover", () => highlight(k)).on("mouseout", () => highlight(null));
  });
  data.routes.forEach((route, k) => {
    layers[k].stops = route.stops.map(stop => mark(stop, stop.kind === "pickup"
      ? { color: route.colour, fillColor: "#ffffff", label: stop.order, ink: "#1b2430", weight: 2.5 }
      : { color: "#ffffff", fillColor: route.colour, label: stop.order, ink: "#ffffff" }, layers[k]));
  });
  const places = L.layerGroup().addTo(map);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => places.eachLayer(m => m.redraw()));
  layers.unserved = L.layerGroup().addTo(map);
  data.unserved.forEach(item => mark(item, { color: "#ffffff", fillColor: "#6b7480", label: "×", ink: "#ffffff" }, layers.unserved));
  data.depots.forEach(item => mark(item, { color: "#ffffff", fillColor: "#1b2430", square: true, radius: 9, weight: 2, label: "D", ink: "#ffffff" }, places));

  let current = null;
  function highlight(which) {
    if (which === current) return;
    current = which;
    data.routes.forEach((route, k) => {
      const faded = which !== null && String(k) !== String(which), group = layers[k];
      group.line.setStyle({ opacity: faded ? 0.12 : 0.9, weight: which !== null && !faded ? 5 : 3.2 });
      group.casing.setStyle({ opacity: faded ? 0 : 0.75, weight: which !== null && !faded ? 8 : 6 });
      group.stops.forEach(stop => stop.setStyle({ opacity: faded ? 0.15 : 1, fillOpacity: faded ? 0.15 : 1 }));
    });
    document.querySelectorAll("tr[data-route], .who[data-route]").forEach(e => {
      e.style.background = which !== null && e.dataset.route === String(which) ? "var(--ground)" : "";
    });
  }
  document.querySelectorAll("[data-route]").forEach(e => {
    const which = e.dataset.route === "unserved" ? null : e.dataset.route;
    for (const on of ["mouseenter", "focus"]) e.addEventListener(on, () => highlight(which));
    for (const off of ["mouseleave", "blur"]) e.addEventListener(off, () => highlight(null));
  });

  const all = document.getElementById("toggle-all");
  const chips = [...document.querySelectorAll(".chip[data-route]")];
  function show(chip, on) {
    chip.setAttribute("aria-pressed", on);
    const group = layers[chip.dataset.route];
    if (on) map.addLayer(group); else map.removeLayer(group);
    all.setAttribute("aria-pressed", chips.every(c => c.getAttribute("aria-pressed") === "true"));
  }
  chips.forEach(chip => chip.addEventListener("click", () => show(chip, chip.getAttribute("aria-pressed") !== "true")));
  all.addEventListener("click", () => {
    const on = all.getAttribute("aria-pressed") !== "true";
    chips.forEach(chip => show(chip, on));
    if (on) fit();
  });
})();
