// The set-up, as the host leads it: one card, one picture, at most three buttons. All steps are the host's.
"use strict";

const CHECKS = ["height", "width", "toes", "trunk", "back"];
let setupShown = "";

function told(name) {
  return words.setup[name] ?? "";
}

function button(key, label, kind = "") {
  const element = document.createElement("button");
  element.type = "button";
  element.textContent = label;
  element.className = kind;
  element.dataset.do = key;
  element.addEventListener("click", () => window.command({ do: key }));
  return element;
}

/** Buttons of a step: those that need a person. */
function keysOf(setup) {
  if (setup.name === "cues") return [button("next", told("next")), button("again", told("again"), "quiet")];
  if (setup.name === "wear" || setup.name === "hold") return [button("next", told("next")), button("skip", told("skip"), "quiet")];
  if (setup.name === "press") return [button("skip", told("start_lifting"), "quiet")];
  return [];
}

function check(name) {
  const item = document.createElement("li");
  const label = document.createElement("label");
  const box = document.createElement("input");
  const text = document.createElement("span");
  const why = document.createElement("small");
  box.type = "checkbox";
  box.dataset.check = name;
  box.addEventListener("change", () => window.command({ do: `check:${name}` }));
  why.textContent = told(`check.${name}_why`);
  text.append(told(`check.${name}`), why);
  label.append(box, text);
  item.append(label);
  return item;
}

// --- who trains ---

let whoShown = "";

/** The form fills itself in only when something else is known than before, so that nobody's typing is lost. */
function drawWho(who) {
  $("setup-who").hidden = who === null;
  if (who === null) return;
  write("who-line", [who.lifter || told("who.nobody"), who.height, who.load].filter(Boolean).join(" · "));
  list("names", who.names, (name) => new Option(name, name));
  const key = JSON.stringify([who.lifter, who.height, who.load, who.observe]);
  if (whoShown !== key) {
    if (whoShown === "") $("setup-who").open = !who.lifter;
    else write("who-answer", told("who.kept"));
    whoShown = key;
    const fields = $("who-form").elements;
    for (const name of ["lifter", "height", "load"]) fields[name].value = who[name];
    fields.observe.checked = who.observe;
  }
  if (who.trouble) write("who-answer", who.trouble);
}

$("who-form").addEventListener("submit", (event) => {
  event.preventDefault();
  write("who-answer", "");
  window.command({ do: "who", ...window.fieldsOf(event.target) });
});

window.drawSetup = (setup) => {
  $("setup").hidden = setup === null;
  if (setup === null) {
    setupShown = "";
    return;
  }
  const steps = ["find", "cues", "wear", "hold", "press"];
  if (setupShown !== setup.name) {
    const first = setupShown === "";
    setupShown = setup.name;
    write("setup-title", told(`${setup.name}.title`));
    write("setup-text", told(`${setup.name}.text`));
    $("setup-use").setAttribute("href", `#picture-${setup.name}`);
    $("setup-steps").replaceChildren(...steps.map((name, i) => {
      const item = document.createElement("li");
      item.textContent = told(`${name}.name`);
      item.className = i < setup.step ? "done" : i === setup.step ? "now" : "";
      if (i === setup.step) item.setAttribute("aria-current", "step");
      return item;
    }));
    $("setup-keys").replaceChildren(...keysOf(setup));
    $("setup-checklist").replaceChildren(...(setup.name === "press" ? CHECKS.map(check) : []));
    if (!first) $("setup-title").focus();
  }
  write("setup-behind", setup.behind ? `✔ ${setup.behind}` : "");
  drawWho(setup.who);
  for (const key of $("setup-keys").querySelectorAll("[data-do=next]")) key.disabled = setup.measuring;
  for (const box of $("setup-checklist").querySelectorAll("input")) box.checked = setup.checked.includes(box.dataset.check);
  write("setup-progress", setup.progress);
  list("setup-problems", setup.problems, (problem) => {
    const item = document.createElement("li");
    item.textContent = problem;
    return item;
  });
};
