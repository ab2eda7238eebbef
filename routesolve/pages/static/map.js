// What the maps of all pages share: the ground, the streets, places with a number in them.
function routesolveMap(data) {
  "use strict";
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
    const drawn = [[data.streets, 1.2], [data.main_streets, 2.6]].filter(([lines]) => lines.length);
    for (const [lines, weight] of drawn) {
      L.polyline(lines.map(decode), { renderer: back, interactive: false, color: colour("--street"), weight, smoothFactor: 0.6 }).addTo(streets);
    }
    if (drawn.length) return;
    const [[south, west], [north, east]] = data.bounds, span = Math.max(north - south, east - west) || 1;
    const power = Math.pow(10, Math.floor(Math.log10(span / 4))), step = [1, 2, 5, 10].map(k => k * power).find(s => s >= span / 8);
    const lines = [], a = [south - span, west - span], b = [north + span, east + span];
    for (let y = Math.ceil(a[0] / step) * step; y <= b[0]; y += step) lines.push([[y, a[1]], [y, b[1]]]);
    for (let x = Math.ceil(a[1] / step) * step; x <= b[1]; x += step) lines.push([[a[0], x], [b[0], x]]);
    L.polyline(lines, { renderer: back, interactive: false, color: colour("--street"), weight: 1, opacity: 0.5 }).addTo(streets);
  }
  drawGround();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawGround);

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

  // A text that can hold anything, in whatever direction it is written.
  function words(text) {
    const box = document.createElement("span");
    box.dir = "auto";
    box.textContent = text;
    return box;
  }

  addEventListener("beforeprint", () => { map.invalidateSize(false); fit(); });
  return { map, fit, decode, colour, front, Stop, words };
}
