// Draws what the host says. Every picture is whole, so a page that comes late or again needs nothing else.
"use strict";

const words = JSON.parse(document.getElementById("words").textContent);
const $ = (id) => document.getElementById(id);
const say = (name, values = {}) => words.live[name].replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");
const NONE = "–";
const AGAIN_MS = [200, 500, 1000, 2000];

let picture = null;
let socket = null;
let attempts = 0;
const seen = { pictures: 0, faults: new Map() }; // what tests read: how many came, and when each fault was drawn
window.presscue = seen;

// --- small pieces ---

function write(id, text) {
  const element = $(id);
  if (element.textContent !== text) element.textContent = text;
}

function seconds(s) {
  return s === null || s === undefined ? NONE : s.toFixed(1);
}

function minutes(s) {
  return `${Math.floor(s / 60)}:${String(Math.floor(s % 60)).padStart(2, "0")}`;
}

function fault(kind) {
  return words.fault[`${kind}.name`] ?? kind.replaceAll("_", " ");
}

function mark(kind) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#mark-${kind}`);
  svg.setAttribute("class", `mark fault-${kind}`);
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

/** Children of a list, made anew only when what they say has changed. */
function list(id, items, make) {
  const element = $(id);
  const key = JSON.stringify(items);
  if (element.dataset.key === key) return false;
  element.dataset.key = key;
  element.replaceChildren(...items.map(make));
  return true;
}

// --- the gauge: straight on the left, deep on the right ---

const FULL_DEG = 110;
const CENTRE = [200, 192];
const RADIUS = 160;
const SWEEP_DEG = 240; // of the dial, for all of FULL_DEG
const BEGIN_DEG = 90 + SWEEP_DEG / 2;
let bands = "";
let shownDeg = null;
let shownDepth = 0;
let lastFrameMs = 0;
const calm = matchMedia("(prefers-reduced-motion: reduce)");

function onArc(degrees, radius) {
  const turn = (Math.PI / 180) * (BEGIN_DEG - SWEEP_DEG * Math.min(1, Math.max(0, degrees / FULL_DEG)));
  return [CENTRE[0] + radius * Math.cos(turn), CENTRE[1] - radius * Math.sin(turn)];
}

function arc(from, to) {
  const [x0, y0] = onArc(from, RADIUS);
  const [x1, y1] = onArc(to, RADIUS);
  return `M${x0.toFixed(2)} ${y0.toFixed(2)}A${RADIUS} ${RADIUS} 0 ${SWEEP_DEG * (to - from) > 180 * FULL_DEG ? 1 : 0} 1 ${x1.toFixed(2)} ${y1.toFixed(2)}`;
}

function drawBands(limits) {
  if (bands === limits.join()) return;
  bands = limits.join();
  const [straight, soft, deep] = limits;
  $("arc-track").setAttribute("d", arc(0, FULL_DEG));
  $("arc-straight").setAttribute("d", arc(0, straight));
  $("arc-soft").setAttribute("d", arc(straight + 0.6, soft));
  $("arc-safe").setAttribute("d", arc(soft + 0.6, deep));
  $("arc-deep").setAttribute("d", arc(deep + 0.6, FULL_DEG));
  $("ticks").replaceChildren(...[straight, 45, deep].map((degrees) => {
    const text = document.createElementNS("http://www.w3.org/2000/svg", "text");
    const [x, y] = onArc(degrees, RADIUS - 28);
    text.setAttribute("x", x.toFixed(1));
    text.setAttribute("y", (y + 4).toFixed(1));
    text.textContent = `${Math.round(degrees)}°`;
    return text;
  }));
}

function zone(degrees, [straight, soft, deep]) {
  if (degrees === null) return "none";
  if (degrees < straight || degrees > deep) return "bad";
  return degrees < soft ? "soft" : "safe";
}

/** Between two pictures the needle glides; the figure always says what was measured. */
function frame(nowMs) {
  const passed = Math.min(100, nowMs - lastFrameMs);
  lastFrameMs = nowMs;
  if (picture) {
    const share = calm.matches ? 1 : 1 - Math.exp(-passed / 35);
    const knee = picture.knee_deg;
    shownDeg = knee === null ? null : shownDeg === null ? knee : shownDeg + share * (knee - shownDeg);
    shownDepth += share * ((picture.depth ?? 0) - shownDepth);
    const turn = SWEEP_DEG * (Math.min(1, Math.max(0, (shownDeg ?? 0) / FULL_DEG)) - 0.5);
    $("needle").setAttribute("transform", `rotate(${turn.toFixed(2)} ${CENTRE[0]} ${CENTRE[1]})`);
    $("needle").setAttribute("visibility", shownDeg === null ? "hidden" : "visible");
    $("depth").style.transform = `scaleY(${shownDepth.toFixed(3)})`;
  }
  requestAnimationFrame(frame);
}

// --- one picture ---

function draw(now) {
  const before = picture;
  picture = now;
  seen.pictures += 1;
  document.title = now.lifter ? `${now.lifter} – presscue` : words.live.title;
  write("who", [now.lifter, now.load, now.node].filter(Boolean).join(" · "));
  drawBands(now.limits_deg);
  $("gauge-card").dataset.zone = zone(now.knee_deg, now.limits_deg);
  write("knee", now.knee_deg === null ? NONE : String(Math.round(now.knee_deg)));
  write("phase", words.live[`phase_${now.phase}`]);
  write("rep", String(now.rep));
  write("set", String(Math.max(1, now.set)));
  write("down", seconds(now.last_rep?.down_s));
  write("pause", seconds(now.last_rep?.pause_s));
  write("up", seconds(now.last_rep?.up_s));
  pad("pad-left", now.heels[0], now.lifted.includes("left") || now.lifted.includes("both"));
  pad("pad-right", now.heels[1], now.lifted.includes("right") || now.lifted.includes("both"));
  pad("pad-seat", now.heels[2], now.seat_lifted);
  drawCue(now, before);
  drawFaults(now);
  drawSummary(now.summary);
  drawHealth(now);
  if (window.drawSetup) window.drawSetup(now.setup ?? null);
  if (window.drawSay) window.drawSay(now.say ?? null, now);
  document.body.dataset.mode = now.setup ? "setup" : now.summary ? "rest" : "set";
}

function pad(id, share, lifted) {
  const element = $(id);
  element.classList.toggle("absent", share === null);
  element.classList.toggle("lifted", lifted);
  element.querySelector(".pad-fill").style.transform = `scaleY(${share ?? 0})`;
  const text = share === null ? NONE : lifted ? words.live.lifted : `${Math.round(100 * share)}`;
  const figure = element.querySelector("b");
  if (figure.textContent !== text) figure.textContent = text;
}

function drawCue(now, before) {
  const cue = now.cue;
  const card = $("cue-card");
  card.classList.toggle("some", cue !== null);
  card.classList.toggle("fresh", cue !== null && cue.fresh);
  if (cue === null) {
    write("cue-name", words.live.no_cue);
    write("cue-why", now.observing ? words.live.observing : now.ready ? "" : words.live.watching);
    return;
  }
  if (before?.cue?.number === cue.number) return;
  $("cue-mark").setAttribute("href", `#mark-${cue.kind}`);
  card.querySelector(".cue-mark").setAttribute("class", `cue-mark mark fault-${cue.kind}`);
  card.style.setProperty("--fresh-wash", `var(--fault-${cue.kind})`);
  write("cue-name", fault(cue.kind));
  write("cue-why", cue.reason);
  if (before) write("said-cue", `${fault(cue.kind)}: ${cue.reason}`);
}

function drawFaults(now) {
  list("log", now.faults.slice().reverse(), (one) => {
    if (!seen.faults.has(one.id)) seen.faults.set(one.id, performance.timeOrigin + performance.now());
    const item = document.createElement("li");
    const where = document.createElement("span");
    where.textContent = one.rep === null ? "" : say("in_rep", { rep: one.rep });
    item.append(mark(one.kind), fault(one.kind) + (one.side ? ` (${words.side[one.side]})` : ""), where);
    return item;
  });
  const told = [[words.live.guarded, now.guarded], [words.live.link, now.losses]].filter(([, what]) => what);
  list("advice", now.setup ? [] : [...told, ...now.advice], ([what, action]) => {
    const item = document.createElement("li");
    item.textContent = `${what}: ${action}`;
    return item;
  });
}

function drawSummary(summary) {
  $("summary-card").hidden = summary === null;
  $("gauge-card").hidden = summary !== null;
  if (summary === null) return;
  write("summary-title", say("set_done", { set: summary.set }));
  write("summary-reps", String(summary.reps));
  write("summary-clean", String(summary.clean));
  write("summary-deepest", summary.deepest_deg === null ? NONE : `${summary.deepest_deg}°`);
  write("summary-slower", summary.slower === null ? NONE : `${Math.round(100 * summary.slower)} %`);
  write("rest", minutes(summary.rest_s ?? 0));
  const items = summary.faults.length ? summary.faults : [[null, 0]];
  list("summary-faults", items, ([kind, count]) => {
    const item = document.createElement("li");
    if (kind === null) item.append(mark("clean"), ` ${words.live.all_clean}`);
    else item.append(mark(kind), ` ${fault(kind)} ${count}×`);
    return item;
  });
}

function chip(name, text, bad, good = false) {
  write(name, text);
  $(`chip-${name}`).classList.toggle("bad", bad);
  $(`chip-${name}`).classList.toggle("good", good);
}

function drawHealth(now) {
  const trip = now.round_trip_ms === null ? "" : ` ${Math.round(now.round_trip_ms)} ms`;
  chip("link", words.live[`state_${now.link}`] + (now.link === "streaming" ? trip : ""), now.link === "lost", now.link === "streaming");
  chip("battery", now.battery_v === null ? NONE : `${now.battery_v.toFixed(2)} V`, now.battery_v !== null && now.battery_v < 3.5);
  const free = now.storage.free_gb === null ? "" : `, ${say("free", { free: Math.round(now.storage.free_gb) })}`;
  chip("storage", words.live[`storage_${now.storage.state}`] + free, now.storage.state === "failed");
  chip("latency", now.latency_ms === null ? NONE : `${Math.round(now.latency_ms.p50)} ms`, false);
  const missing = now.parts_missing.length && !now.setup ? say("part_missing", { parts: now.parts_missing.join(", ") }) : "";
  const lost = now.link === "lost" ? say("link_lost", { trouble: now.trouble }) : "";
  const over = now.link === "ended" ? words.live.over : "";
  alarm(lost || over || missing || (now.link === "streaming" ? now.trouble : ""));
}

function alarm(text) {
  write("alarm", text);
  $("alarm").hidden = text === "";
}

// --- reading out, on request ---

function readOut() {
  if (!picture) return;
  const now = picture;
  write("said-now", "");
  write("said-now", say("said_now", {
    set: Math.max(1, now.set), rep: now.rep, knee: now.knee_deg === null ? NONE : Math.round(now.knee_deg),
    down: seconds(now.last_rep?.down_s), up: seconds(now.last_rep?.up_s),
  }));
}

/** Whether a key belongs to a field that is being filled in. */
function typing(event) {
  return ["INPUT", "SELECT", "TEXTAREA"].includes(event.target.tagName);
}

$("read").addEventListener("click", readOut);
document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() === "r" && !event.ctrlKey && !event.metaKey && !event.altKey && !typing(event)) readOut();
});

// --- the way to the host, and back after it was lost ---

window.command = (words) => {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(words));
};

/** The fields of a form by name: words, and yes or no for boxes. */
window.fieldsOf = (form) => Object.fromEntries([...form.elements].filter((one) => one.name).map((one) => [one.name, one.type === "checkbox" ? one.checked : one.value]));

function connect() {
  socket = new WebSocket(`ws://${location.host}/pictures`);
  socket.onmessage = (event) => {
    attempts = 0;
    draw(JSON.parse(event.data));
  };
  socket.onclose = () => {
    if (picture?.link !== "ended") alarm(words.live.page_lost);
    setTimeout(connect, AGAIN_MS[Math.min(attempts++, AGAIN_MS.length - 1)]);
  };
}

connect();
requestAnimationFrame(frame);
