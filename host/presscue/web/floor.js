// A tile for each station. Every picture is whole, so a page that comes late or again needs nothing else.
"use strict";

const words = JSON.parse(document.getElementById("words").textContent);
const tiles = document.getElementById("tiles");
const say = (name, values = {}) => words.floor[name].replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");
const AGAIN_MS = [200, 500, 1000, 2000];
let attempts = 0;
window.presscue = { pictures: 0 }; // what tests read

function part(tile, tag, name) {
  const element = document.createElement(tag);
  element.className = name;
  tile.append(element);
  return element;
}

function tileOf(title) {
  let tile = [...tiles.children].find((one) => one.dataset.title === title);
  if (tile) return tile;
  tile = document.createElement("li");
  tile.className = "tile";
  tile.dataset.title = title;
  part(tile, "h2", "name").textContent = title;
  for (const name of ["state", "count"]) part(tile, "p", name);
  part(part(tile, "div", "depth"), "span", "");
  for (const name of ["fault", "health", "trouble"]) part(tile, "p", name);
  tiles.append(tile);
  return tile;
}

function write(tile, name, text) {
  const element = tile.querySelector(`.${name}`);
  if (element.textContent !== text) element.textContent = text;
}

function draw(one) {
  const tile = tileOf(one.title);
  tile.dataset.state = one.link;
  const state = words.floor[`state_${one.link}`] ?? one.link;
  const node = one.node && !one.title.endsWith(one.node) ? `${one.node}: ` : "";
  write(tile, "state", node + (one.calibrating ? say("calibrating") : state));
  const set = one.set ? say("set", { set: one.set, rep: one.rep }) : say("no_set");
  write(tile, "count", one.reps === undefined ? "–" : set);
  const depth = tile.querySelector(".depth span");
  depth.style.setProperty("width", `${Math.round(100 * (one.depth ?? 0))}%`);
  const last = (one.faults ?? []).at(-1);
  const kind = last && (words.fault[`${last.kind}.name`] ?? last.kind);
  write(tile, "fault", last ? say("fault", { fault: kind, rep: last.rep ?? "–" }) : "");
  tile.querySelector(".fault").classList.toggle("fresh", Boolean(one.cue && one.cue.fresh));
  const health = [];
  if (one.reps !== undefined) health.push(say("counted", { reps: one.reps, clean: one.clean }));
  if (one.battery_v) health.push(`${one.battery_v.toFixed(2)} V`);
  if (one.lost) health.push(say("lost", { n: one.lost }));
  write(tile, "health", health.join(" · "));
  const missing = (one.parts_missing ?? []).map((name) => words.part?.[name] ?? name);
  write(tile, "trouble", [one.trouble, ...missing].filter(Boolean).join(" · "));
}

function show(picture) {
  window.presscue.pictures += 1;
  document.getElementById("remark").textContent = picture.remark;
  document.getElementById("none").hidden = picture.stations.length > 0;
  const names = new Set(picture.stations.map((one) => one.title));
  for (const tile of [...tiles.children]) if (!names.has(tile.dataset.title)) tile.remove();
  picture.stations.forEach(draw);
}

function connect() {
  const socket = new WebSocket(`ws://${location.host}/pictures`);
  socket.onmessage = (message) => {
    attempts = 0;
    show(JSON.parse(message.data));
  };
  socket.onclose = () => {
    document.getElementById("remark").textContent = say("away");
    setTimeout(connect, AGAIN_MS[Math.min(attempts++, AGAIN_MS.length - 1)]);
  };
}

connect();
