"use strict";
// Curves that can be zoomed. The page holds, for each curve, the least and the greatest value of each short stretch as
// int16; a stretch of the screen shows the least and the greatest of what lies in it.
(() => {
  const said = JSON.parse(document.getElementById("data").textContent);
  const canvas = document.getElementById("curves"), which = document.getElementById("which");
  const reading = document.getElementById("reading");
  if (!canvas.getContext) return;
  document.documentElement.classList.add("scripted");
  const bytes = Uint8Array.from(atob(said.data), (c) => c.charCodeAt(0));
  const all = new Int16Array(bytes.buffer), count = said.count, NONE = -32768;
  const names = Object.keys(said.curves);
  const end = said.start + count * said.step;
  const panels = [];
  if ("knee_flexion_deg" in said.curves)
    panels.push({ title: said.words.knee, low: -5, high: 120, ticks: [0, 30, 60, 90], share: 3, curves: [["knee_flexion_deg", "--ink"]], knee: true });
  if ("sled_velocity_mps" in said.curves) {
    const top = Math.min(3, Math.max(0.2, 1.05 * greatest("sled_velocity_mps")));
    const step = top > 1.2 ? 1 : top > 0.6 ? 0.5 : 0.2;
    panels.push({ title: said.words.speed, low: -top, high: top, ticks: [-step, 0, step], share: 2, curves: [["sled_velocity_mps", "--ink"]] });
  }
  const pads = [["heel_left", "--accent"], ["heel_right", "--bad"], ["seat", "--soft"]].filter(([n]) => n in said.curves);
  if (pads.length) panels.push({ title: said.words.heels, low: 0, high: 1.3, ticks: [0, 0.5, 1], share: 2, curves: pads, key: true });
  let first = said.start, last = end, drag = null;

  function greatest(name) {
    const at = names.indexOf(name) * 2 * count;
    const values = [];
    for (let i = 0; i < 2 * count; i++) if (all[at + i] !== NONE) values.push(Math.abs(all[at + i]));
    values.sort((a, b) => a - b);
    return values.length ? values[Math.floor(0.999 * (values.length - 1))] * said.curves[name] : 0;
  }

  function choose(text, value) {
    const option = document.createElement("option");
    option.textContent = text;
    option.value = value;
    which.append(option);
  }
  choose(said.words.whole, "");
  said.sets.forEach((one, i) => choose(one.words, i));

  const clock = (s, part) => {
    const whole = Math.floor(s + 1e-6);
    const text = `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
    return part ? text + (s - whole).toFixed(1).slice(1) : text;
  };

  function show(a, b) {
    const width = Math.min(Math.max(b - a, 25 * said.step, 1), end - said.start);
    first = Math.min(Math.max(a + (b - a - width) / 2, said.start), end - width);
    last = first + width;
    draw();
  }

  function frame() {
    const left = 42, right = canvas.clientWidth - 8, top = 22, bottom = canvas.clientHeight - 20;
    return { left, right, top, bottom, x: (t) => left + ((t - first) / (last - first)) * (right - left), t: (x) => first + ((x - left) / (right - left)) * (last - first) };
  }

  function draw() {
    const scale = window.devicePixelRatio || 1;
    canvas.width = Math.round(canvas.clientWidth * scale);
    canvas.height = Math.round(canvas.clientHeight * scale);
    const g = canvas.getContext("2d"), style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(name).trim();
    g.setTransform(scale, 0, 0, scale, 0, 0);
    g.font = `12px ${style.fontFamily}`;
    const f = frame(), gap = 22, shares = panels.reduce((sum, p) => sum + p.share, 0);
    const unit = (f.bottom - f.top - gap * (panels.length - 1)) / shares;
    let y = f.top;
    for (const p of panels) {
      p.top = y;
      p.height = p.share * unit;
      y += p.height + gap;
      const up = (v) => p.top + (1 - (Math.min(Math.max(v, p.low), p.high) - p.low) / (p.high - p.low)) * p.height;
      if (p.knee) {
        g.fillStyle = colour("--band");
        g.fillRect(f.left, up(said.deep), f.right - f.left, up(said.soft) - up(said.deep));
      }
      g.fillStyle = colour("--soft");
      g.textAlign = "left";
      g.fillText(p.key && f.right < 560 ? p.title.split(",")[0] : p.title, f.left, p.top - 7);
      if (p.key) {
        let x = f.right;
        g.textAlign = "right";
        for (const [name, tint] of [...p.curves].reverse()) {
          g.fillStyle = colour(tint);
          g.fillText(`— ${said.words[name]}`, x, p.top - 7);
          x -= g.measureText(`— ${said.words[name]}`).width + 12;
        }
      }
      g.textAlign = "right";
      for (const v of p.ticks) {
        g.fillStyle = colour("--soft");
        g.fillText(String(v).replace("-", "−"), f.left - 6, up(v) + 4);
        g.fillStyle = colour("--line");
        g.fillRect(f.left, up(v), f.right - f.left, 0.8);
      }
      for (const [name, tint] of p.curves) curve(g, f, name, up, colour(tint));
    }
    g.fillStyle = colour("--soft");
    g.textAlign = "center";
    const step = [0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600].find((s) => ((last - first) / s) * 62 < f.right - f.left) || 7200;
    for (let t = Math.ceil(first / step) * step; t <= last; t += step) g.fillText(clock(t, step < 1), f.x(t), f.bottom + 15);
    marks(g, f, colour);
    if (drag) {
      g.globalAlpha = 0.18;
      g.fillStyle = colour("--accent");
      g.fillRect(Math.min(drag.from, drag.to), f.top, Math.abs(drag.to - drag.from), f.bottom - f.top);
      g.globalAlpha = 1;
    }
    const found = said.marks.filter((m) => m.t >= first && m.t <= last);
    canvas.setAttribute("aria-label", `${clock(first)} – ${clock(last)}: ` + (found.slice(0, 12).map((m) => `${clock(m.t)} ${m.words}`).join("; ") || said.words.none));
  }

  function curve(g, f, name, up, tint) {
    const low = names.indexOf(name) * 2 * count, high = low + count, k = said.curves[name];
    const a = Math.max(0, Math.floor((first - said.start) / said.step));
    const b = Math.min(count, Math.ceil((last - said.start) / said.step) + 1);
    const merged = Math.max(1, Math.floor((b - a) / (1.5 * (f.right - f.left))));
    g.strokeStyle = tint;
    g.lineWidth = 1.4;
    g.lineJoin = "round";
    g.beginPath();
    let open = false;
    for (let i = a; i < b; i += merged) {
      let least = Infinity, most = -Infinity;
      for (let j = i; j < Math.min(i + merged, b); j++) {
        if (all[low + j] === NONE) continue;
        least = Math.min(least, all[low + j]);
        most = Math.max(most, all[high + j]);
      }
      if (most < least) {
        open = false;
        continue;
      }
      const x = f.x(said.start + (i + merged / 2) * said.step);
      if (x < f.left || x > f.right) continue;
      if (open) g.lineTo(x, up(most * k));
      else g.moveTo(x, up(most * k));
      if (most > least) g.lineTo(x, up(least * k));
      open = true;
    }
    g.stroke();
  }

  function marks(g, f, colour) {
    let before = -Infinity;
    for (const m of said.marks) {
      if (m.t < first || m.t > last) continue;
      const x = f.x(m.t);
      g.strokeStyle = colour("--soft");
      g.lineWidth = 0.6;
      g.setLineDash([2, 3]);
      g.beginPath();
      g.moveTo(x, f.top);
      g.lineTo(x, f.bottom);
      g.stroke();
      g.setLineDash([]);
      const row = x - before < 13 ? 14 : 0;
      before = x;
      g.save();
      g.translate(x - 6.5, f.top + 2 + row);
      g.scale(13 / 16, 13 / 16);
      g.fillStyle = g.strokeStyle = colour(`--fault-${m.kind}`);
      const path = document.querySelector(`#mark-${m.kind} path`);
      if (path) g.fill(new Path2D(path.getAttribute("d")));
      else {
        g.lineWidth = 3;
        g.beginPath();
        g.arc(8, 8, 6, 0, 7);
        g.stroke();
      }
      g.restore();
    }
  }

  const acts = {
    in: () => show(first + (last - first) / 4, last - (last - first) / 4),
    out: () => show(first - (last - first) / 2, last + (last - first) / 2),
    left: () => show(first - (last - first) / 4, last - (last - first) / 4),
    right: () => show(first + (last - first) / 4, last + (last - first) / 4),
    all: () => ((which.value = ""), show(said.start, end)),
  };
  document.querySelectorAll("[data-do]").forEach((b) => b.addEventListener("click", () => acts[b.dataset.do]()));
  which.addEventListener("change", () => {
    const one = said.sets[which.value];
    if (which.value === "") acts.all();
    else show(one.a - 1.5, one.b + 1.5);
  });
  const keys = { "+": "in", "=": "in", "-": "out", ArrowLeft: "left", ArrowRight: "right", 0: "all" };
  canvas.addEventListener("keydown", (event) => {
    if (!(event.key in keys) || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    acts[keys[event.key]]();
  });
  const at = (event) => Math.min(Math.max(event.clientX - canvas.getBoundingClientRect().left, frame().left), frame().right);
  canvas.addEventListener("pointerdown", (event) => {
    drag = { from: at(event), to: at(event) };
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (drag) {
      drag.to = at(event);
      draw();
    } else point(frame().t(at(event)));
  });
  canvas.addEventListener("pointerup", () => {
    const f = frame(), was = drag;
    drag = null;
    if (was && Math.abs(was.to - was.from) > 8) show(f.t(Math.min(was.from, was.to)), f.t(Math.max(was.from, was.to)));
    else draw();
  });
  canvas.addEventListener("pointercancel", () => ((drag = null), draw()));
  canvas.addEventListener("dblclick", () => acts.all());

  function point(t) {
    const i = Math.floor((t - said.start) / said.step);
    const words = [clock(t, true)];
    for (const p of panels)
      for (const [name] of p.curves) {
        const raw = all[names.indexOf(name) * 2 * count + count + i];
        if (raw !== undefined && raw !== NONE) words.push(`${p.key ? said.words[name] : p.title.split(",")[0]} ${(raw * said.curves[name]).toFixed(p.knee ? 0 : 2)}`);
      }
    const near = said.marks.filter((m) => Math.abs(m.t - t) < (last - first) / 100).map((m) => m.words);
    reading.textContent = [...words, ...new Set(near)].join(" · ");
  }

  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  new ResizeObserver(draw).observe(canvas);
  if (said.sets.length && end - said.start > 240) {
    which.value = 0;
    show(said.sets[0].a - 1.5, said.sets[0].b + 1.5);
  } else draw();
})();
