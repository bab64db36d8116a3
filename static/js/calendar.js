/* Moving things to another day: by dragging, or by keys (M picks up, arrows choose, Enter drops, Escape leaves). */
let held = null, target = null, asked = "";

const calendar = () => document.getElementById("calendar");
const days = () => [...document.querySelectorAll("[data-day]")];
const says = () => calendar().querySelector("[data-says]");
const words = () => says().dataset;
const say = (text) => { says().textContent = text; };
const named = (day) => day.querySelector("h3 .sr").textContent.trim();

function aim(day) {
  target?.classList.remove("over");
  target = day;
  target?.classList.add("over");
}

function letGo() {
  held?.classList.remove("held");
  aim(null);
  held = null;
}

async function drop(item, day) {
  const { move, view, d } = calendar().dataset;
  asked = item.id;
  letGo();
  if (item.closest("[data-day]") === day) return;
  const values = { item: item.id, day: day.dataset.day, was: item.dataset.was, view, d };
  await htmx.ajax("POST", move, { target: "#calendar", swap: "outerHTML", values });
}

/* Afterwards the focus is where it was: on the thing that was moved, or on the page when it is out of sight now. */
document.addEventListener("htmx:afterSettle", () => {
  if (!asked) return;
  (document.getElementById(asked) || document.getElementById("main")).focus();
  asked = "";
});

document.addEventListener("dragstart", (event) => {
  const item = event.target.closest?.(".item[draggable]");
  if (!item || !calendar().dataset.move) return;
  held = item;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", item.id);
});
document.addEventListener("dragover", (event) => {
  const day = held && event.target.closest("[data-day]");
  if (!day || day.classList.contains("past")) return;
  event.preventDefault();
  if (day !== target) aim(day);
});
document.addEventListener("drop", (event) => {
  if (!held || !target) return;
  event.preventDefault();
  drop(held, target);
});
document.addEventListener("dragend", letGo);

function pickUp(item) {
  held = item;
  held.classList.add("held");
  aim(item.closest("[data-day]"));
  say(words().sayPicked);
}

function step(by) {
  const all = days(), next = all[all.indexOf(target) + by];
  if (!next || next.classList.contains("past")) return say(next ? words().sayPast : words().sayEnd);
  aim(next);
  next.scrollIntoView({ block: "nearest" });
  say(named(next));
}

document.addEventListener("key", (event) => {
  const item = document.activeElement?.closest(".item[draggable]");
  if (event.detail === "m" && item && calendar().dataset.move) { event.preventDefault(); pickUp(item); }
});

document.addEventListener("keydown", (event) => {
  if (!held || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
  const week = document.querySelector(".days.month") ? 7 : 1;
  const by = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: week, ArrowUp: -week }[event.key];
  if (!by && event.key !== "Enter" && event.key !== "Escape") return;
  event.preventDefault();
  if (by) step(by);
  else if (event.key === "Enter") drop(held, target);
  else { letGo(); say(words().sayLeft); }
}, true);

/* A panel that opens takes the focus; one that closes gives it back. */
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id === "panel") document.querySelector(".panel .close")?.focus({ preventScroll: true });
});
