// What the lifters say from the page: who is next, how hard it was, where it hurt. The host keeps it beside the recording.
"use strict";

let answered = null;
const asked = $("say-dialog");

window.drawSay = (say, now) => {
  $("say").hidden = !say?.can || Boolean(now.setup);
  if (!say) return;
  if (!now.setup) list("names", say.names, (name) => new Option(name, name));
  if (answered === null) answered = say.number; // what was answered before this page came
  if (answered === say.number) return;
  answered = say.number;
  write("say-answer", say.words);
  $("say-answer").classList.toggle("bad", !say.kept);
  if (say.kept) {
    $("say-form").reset();
    write("said-now", say.words);
  }
};

function ask() {
  write("say-answer", "");
  if (!asked.open) asked.showModal();
}

$("say").addEventListener("click", ask);
$("say-close").addEventListener("click", () => asked.close());
$("say-form").addEventListener("submit", (event) => {
  event.preventDefault();
  window.command({ do: "say", ...window.fieldsOf(event.target) });
});
document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() === "s" && !event.ctrlKey && !event.metaKey && !event.altKey && !typing(event) && !$("say").hidden) ask();
});
