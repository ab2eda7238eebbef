(function () {
  "use strict";
  const holder = document.getElementById("routesolve-map");
  addEventListener("beforeprint", () => document.querySelectorAll("details").forEach(d => { d.open = true; }));
  if (!holder || !window.L) return;

  const data = JSON.parse(holder.textContent);
  const styles = getComputedStyle(document.documentElement);
  const colour = name => styles.getPropertyValue(name).trim();

  // Encoded polyline: differences in units of 1e-5 degree, five bits a character, sign in the lowest bit.
  function decode(text) {
    if (typeof text !== "string") return text;
    const points = [], last = [0, 0];
    for (let i = 0, axis = 0; i < text.length; axis = 1 - axis) {
      let value = 0, shift = 0, bits;
      do { bits = text.charCodeAt(i++) - 63; value |= (bits & 31) << shift; shift += 5; } while (bits >= 32);
      last[axis] += value & 1 ? ~(value >> 1) : value >> 1;
      if (axis === 1) points.push([last[0] / 1e5, last[1] / 1e5]);
    }
    return points;
  }

  const map = L.map("map", {
    crs: data.geographic ? L.CRS.EPSG3857 : L.CRS.Simple,
    preferCanvas: true, zoomSnap: 0.25, zoomDelta: 0.5, minZoom: data.geographic ? 2 : -4, maxZoom: data.geographic ? 20 : 8,
    attributionControl: false, zoomAnimation: false, wheelPxPerZoomLevel: 120,
  });
  if (data.attribution) {
    const text = document.createElement("span");
    text.textContent = data.attribution;
    L.control.attribution({ prefix: false }).addAttribution(text.innerHTML).addTo(map);
  }
  if (data.geographic) L.control.scale({ imperial: false }).addTo(map);
  const fit = () => map.fitBounds(data.bounds, { padding: [36, 36], maxZoom: data.geographic ? 17 : 6 });
  fit();

  for (const [name, order] of [["streets", 350], ["casing", 390], ["routes", 400], ["stops", 450]]) {
    map.createPane(name).style.zIndex = order;
  }
  // Several canvases lie on each other: only the top one would get the pointer, so lines and stops share one.
  const back = L.canvas({ pane: "streets", padding: 0.4 }), front = L.canvas({ pane: "stops", padding: 0.4, tolerance: 4 });
  map.getPane("streets").style.pointerEvents = "none";

  const streets = L.layerGroup().addTo(map);
  function drawGround() {
    streets.clearLayers();
    if (data.streets.length) {
      L.polyline(data.streets.map(decode), { renderer: back, interactive: false, color: colour("--street"), weight: 1.4, smoothFactor: 0.6 }).addTo(streets);
      return;
    }
    const [[south, west], [north, east]] = data.bounds, span = Math.max(north - south, east - west) || 1;
    const power = Math.pow(10, Math.floor(Math.log10(span / 4))), step = [1, 2, 5, 10].map(k => k * power).find(s => s >= span / 8);
    const lines = [], a = [south - span, west - span], b = [north + span, east + span];
    for (let y = Math.ceil(a[0] / step) * step; y <= b[0]; y += step) lines.push([[y, a[1]], [y, b[1]]]);
    for (let x = Math.ceil(a[1] / step) * step; x <= b[1]; x += step) lines.push([[a[0], x], [b[0], x]]);
    L.polyline(lines, { renderer: back, interactive: false, color: colour("--street"), weight: 1, opacity: 0.5 }).addTo(streets);
  }
  drawGround();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { drawGround(); places.eachLayer(m => m.redraw()); });

  // A circle (or square) with its number written into it, on the canvas: thousands cost nothing.
  const Stop = L.CircleMarker.extend({
    _updatePath() {
      const canvas = this._renderer, ctx = canvas._ctx, o = this.options, p = this._point, r = this._radius;
      if (!canvas._drawing || this._empty()) return;
      ctx.beginPath();
      if (o.square) ctx.rect(p.x - r, p.y - r, 2 * r, 2 * r); else ctx.arc(p.x, p.y, r, 0, 2 * Math.PI);
      canvas._fillStroke(ctx, this);
      if (!o.label || r < 7) return;
      ctx.globalAlpha = o.opacity;
      ctx.fillStyle = o.ink;
      ctx.font = "600 " + (String(o.label).length > 2 ? 8.5 : 10) + "px system-ui, sans-serif";
      ctx.textAlign = "center";
      ctx.textBaseline = "middle";
      ctx.fillText(o.label, p.x, p.y + 0.5);
      ctx.globalAlpha = 1;
    },
  });

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
    marker.bindTooltip(() => { const t = document.createElement("span"); t.dir = "auto"; t.textContent = item.title; return t; }, { direction: "top", offset: [0, -radius] });
    return marker;
  }

  const layers = {};
  data.routes.forEach((route, k) => {
    const group = layers[k] = L.layerGroup().addTo(map);
    const points = decode(route.line);
    group.casing = L.polyline(points, { renderer: front, color: colour("--ring"), weight: 6, opacity: 0.75, interactive: false }).addTo(group);
    group.line = L.polyline(points, { renderer: front, color: route.colour, weight: 3.2, opacity: 0.9, dashArray: route.dash || null }).addTo(group);
    group.line.bindTooltip(() => { const t = document.createElement("span"); t.textContent = route.name; return t; }, { sticky: true });
    group.line.on("mouseover", () => highlight(k)).on("mouseout", () => highlight(null));
  });
  data.routes.forEach((route, k) => {
    layers[k].stops = route.stops.map(stop => mark(stop, stop.kind === "pickup"
      ? { color: route.colour, fillColor: "#ffffff", label: stop.order, ink: "#1b2430", weight: 2.5 }
      : { color: "#ffffff", fillColor: route.colour, label: stop.order, ink: "#ffffff" }, layers[k]));
  });
  const places = L.layerGroup().addTo(map);
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
  addEventListener("beforeprint", () => { map.invalidateSize(false); fit(); });
})();
