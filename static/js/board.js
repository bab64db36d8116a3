/* The board: keys, the open card, closing the panel without a reload, and no polling while nobody looks. */
const panel = document.getElementById("panel");
const cards = () => [...document.querySelectorAll("[data-card] [data-open]")];
let last = null; // the version whose card was opened last, to come back to

function mark() {
  const open = panel.querySelector("[data-panel]")?.dataset.panel;
  for (const link of cards()) {
    if (link.closest("[data-card]").dataset.version === open) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  if (open) last = open;
}

function show() {
  document.querySelector("[data-card] [aria-current]")?.closest("[data-card]").scrollIntoView({ block: "nearest", inline: "nearest" });
}

function close(link) {
  panel.replaceChildren();
  history.pushState({ htmx: true }, "", link.href);
  mark();
  document.querySelector(`[data-card][data-version="${last}"] [data-open]`)?.focus();
}

function step(by) {
  const all = cards();
  const active = document.activeElement?.closest("[data-card]");
  const here = all.findIndex((link) => link.closest("[data-card]") === active);
  const next = all[here < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(here + by, 0), all.length - 1)];
  next?.focus();
  next?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function ask(key) {
  const details = panel.querySelector(`details[data-key="${key}"]`);
  if (!details) return false;
  details.open = true;
  const fields = [...details.querySelectorAll("input:not([type=hidden], [type=checkbox]), select, textarea")]; // a box may stay as it is
  (fields.find((field) => field.checkVisibility()) || details.querySelector("[type=submit]")).focus(); // what is folded away cannot have it
  return true;
}

/* s and p act on the open panel; on a focused card they open its panel first. */
async function act(key) {
  const link = document.activeElement?.closest("[data-card]")?.querySelector("[data-open]");
  if (!link || link.hasAttribute("aria-current")) return ask(key);
  await htmx.ajax("GET", link.href, { target: "#panel", swap: "innerHTML" });
  return ask(key);
}

const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  o: () => document.activeElement?.closest("[data-card]")?.querySelector("[data-open]").click(),
  s: () => act("s"),
  p: () => act("p"),
  "/": () => document.querySelector("[data-search]")?.focus(),
};

document.addEventListener("key", (event) => {
  if (!(event.detail in KEYS)) return;
  event.preventDefault();
  KEYS[event.detail]();
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-close]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  event.preventDefault();
  close(link);
});

/* Opened by hand, or changed by one of its buttons: the focus goes into the panel, so that a keyboard or screen reader
   goes on there, at the first field to put right if there is one. Shown again because its post has moved, it stays where it was scrolled to. */
let before = null;

document.addEventListener("htmx:beforeSwap", (event) => {
  const shown = panel.querySelector("[data-panel]");
  if (event.detail.target === panel) before = shown && { version: shown.dataset.panel, top: shown.scrollTop, focused: shown.contains(document.activeElement) };
});

document.addEventListener("htmx:afterSwap", (event) => {
  mark();
  const asked = event.detail.requestConfig;
  if (event.detail.target !== panel || !asked) return;
  const shown = panel.querySelector("[data-panel]");
  const opened = asked.triggeringEvent?.type === "click" && asked.elt.matches("[data-open]");
  const lost = (asked.verb === "post" || before?.focused) && !panel.contains(document.activeElement);
  const wrong = asked.verb === "post" && panel.querySelector('.decide [aria-invalid="true"]');
  if (wrong) wrong.focus();
  else if (opened || lost) panel.querySelector("[data-close]")?.focus({ preventScroll: true });
  if (opened) show();
  else if (asked.verb === "get" && before && shown?.dataset.panel === before.version) shown.scrollTop = before.top;
});

/* A hidden tab does not poll. Looked at again after a while, it shows what others have done meanwhile. */
const AWAY_MS = 60000;
let left = 0;

document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden && event.detail.elt.getAttribute("hx-trigger")?.startsWith("every ")) event.preventDefault();
});

document.addEventListener("visibilitychange", () => {
  if (document.hidden) left = Date.now();
  else if (Date.now() - left > AWAY_MS) document.querySelectorAll(".col").forEach((col) => htmx.trigger(document.body, col.id));
});

mark();
show();
