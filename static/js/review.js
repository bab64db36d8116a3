/* The stage: which row is current, where the focus goes, and carousels. All of it works without, with less comfort. */
const stage = document.getElementById("stage");

function markCurrent() {
  const shown = stage.querySelector("[data-version]")?.dataset.version;
  document.querySelectorAll(".queue a[aria-current]").forEach((a) => a.removeAttribute("aria-current"));
  document.querySelectorAll('[data-tick][data-key]').forEach((box) => box.removeAttribute("data-key"));
  const row = document.getElementById(`q-${shown}`);
  row?.querySelector("a").setAttribute("aria-current", "true");
  row?.querySelector("[data-tick]")?.setAttribute("data-key", "x");
  row?.scrollIntoView({ block: "nearest", inline: "nearest" });
}

function stepper(gallery) {
  const reel = gallery.querySelector(".reel"), slides = [...reel.children], dots = [...gallery.querySelectorAll(".dots a")];
  if (slides.length < 2) return;
  const steps = [...gallery.querySelectorAll("[data-step]")];
  const place = () => Math.round(reel.scrollLeft / reel.clientWidth);
  const go = (n) => reel.scrollTo({ left: Math.max(0, Math.min(slides.length - 1, n)) * reel.clientWidth });
  const show = () => {
    const at = place();
    dots.forEach((d, i) => (i === at ? d.setAttribute("aria-current", "true") : d.removeAttribute("aria-current")));
    steps.forEach((b) => { b.hidden = false; b.disabled = Number(b.dataset.step) < 0 ? at === 0 : at === slides.length - 1; });
    slides.forEach((s, i) => { if (i !== at) s.querySelector("video")?.pause(); });
  };
  reel.addEventListener("scroll", show, { passive: true });
  steps.forEach((b) => b.addEventListener("click", () => go(place() + Number(b.dataset.step))));
  dots.forEach((d, i) => d.addEventListener("click", (e) => { e.preventDefault(); go(i); }));
  gallery.step = (by) => go(place() + by);
  show();
}

document.addEventListener("keydown", (event) => {
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!by || event.altKey || event.ctrlKey || event.metaKey || event.target.closest("input, textarea, select, video, dialog[open]")) return;
  const gallery = stage?.querySelector(".gallery");
  if (gallery?.step) { event.preventDefault(); gallery.step(by); }
});

/* Pins. A click on the picture, or the moment a film stands at, fills the next empty row of the form that is open. */
const places = (details) => [...details.querySelectorAll("[data-row]")];
const field = (row, name) => row.querySelector(`[data-of="${name}"]`);
const filled = (row) => ["x", "y", "at"].some((name) => field(row, name)?.value);
const openPins = () => [...document.querySelectorAll("[data-pinning]")].find((d) => d.checkVisibility());

function nextRow(details) {
  const rows = places(details), free = rows.find((row) => !filled(row));
  if (free) free.hidden = false;
  if (free || rows.length >= 20) return free;
  const row = rows[0].cloneNode(true);
  row.querySelectorAll("input").forEach((input) => {
    input.name = input.name.replace(/\d+/, rows.length + 1);
    if (input.type !== "hidden") input.value = "";
  });
  rows[0].parentElement.append(row);
  return row;
}

function pin(medium, values) {
  const details = openPins(), row = details && nextRow(details);
  if (!row) return;
  details.open = true;
  field(row, "medium").value = medium;
  for (const [name, value] of Object.entries(values)) if (field(row, name)) field(row, name).value = value;
  field(row, "text").focus({ preventScroll: false });
  drawPins();
}

function drawPins() {
  stage.querySelectorAll(".marks .new").forEach((g) => g.remove());
  const details = openPins();
  let empty = 0;
  if (details) places(details).forEach((row) => { row.hidden = !filled(row) && !row.contains(document.activeElement) && empty++ > 0; });
  stage.querySelector(".look")?.classList.toggle("pinning-now", Boolean(details));
  if (!details) return;
  places(details).filter((row) => field(row, "x")?.value && field(row, "y")?.value).forEach((row) => {
    const marks = stage.querySelector(`[data-medium="${field(row, "medium").value || 1}"] .marks`);
    if (!marks) return;
    const g = document.createElementNS(marks.namespaceURI, "g"), r = Math.max(...marks.getAttribute("viewBox").split(" ").slice(2)) * 0.024;
    g.classList.add("new");
    const at = { x: `${field(row, "x").value}%`, y: `${field(row, "y").value}%` };
    const put = (name, attributes) => {
      const made = document.createElementNS(marks.namespaceURI, name);
      for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
      g.append(made);
      return made;
    };
    put("circle", { cx: at.x, cy: at.y, r });
    put("text", { ...at, "font-size": r }).textContent = "+";
    marks.append(g);
  });
}

stage?.addEventListener("click", (event) => {
  const seek = event.target.closest("[data-seek]"), film = seek?.closest("li[data-medium]")?.querySelector("video");
  if (film) { event.preventDefault(); film.currentTime = Number(seek.dataset.seek); film.focus(); return; }
  if (event.target.closest("[data-pin-moment]")) {
    const shown = [...stage.querySelectorAll("#look video")].find((video) => video.checkVisibility());
    if (shown) { shown.pause(); pin(shown.closest("li")?.dataset.medium || 1, { at: shown.currentTime.toFixed(2) }); }
    return;
  }
  const picture = event.target.closest(".reel img"), marks = picture?.parentElement.querySelector("[data-picture]");
  if (!marks || !openPins()) return;
  event.stopPropagation(); // to the frame a click beside an open question means that it closes
  const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(marks.getScreenCTM().inverse());
  const { width, height } = marks.viewBox.baseVal, part = (n, of) => ((n / of) * 100).toFixed(1);
  if (point.x >= 0 && point.y >= 0 && point.x <= width && point.y <= height) pin(picture.parentElement.dataset.medium, { x: part(point.x, width), y: part(point.y, height) });
});
stage?.addEventListener("input", (event) => { if (event.target.closest("[data-row]")) drawPins(); });
stage?.addEventListener("toggle", drawPins, true);

/* Ticks: how many, and that X ticks the row one looks at. */
function count() {
  const ticked = document.querySelectorAll("[data-tick]:checked").length, said = document.querySelector("[data-count]");
  if (said) said.textContent = said.dataset.sayCount.replace("{n}", ticked);
}
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-tick]")) count();
  if (event.target.matches(".filters select")) event.target.form.requestSubmit();
});
document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-untick]")) return;
  document.querySelectorAll("[data-tick]:checked").forEach((box) => { box.checked = false; });
  count();
});

function settle() {
  stage.querySelectorAll(".gallery:not(.words)").forEach(stepper);
  markCurrent();
}

/* At once, not when all has settled: the next key may come sooner. */
document.addEventListener("htmx:afterSwap", (event) => { if (event.detail.target === stage) markCurrent(); });

document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target?.id === "look") { stage.querySelectorAll(".gallery:not(.words)").forEach(stepper); return; }
  if (event.detail.target !== stage) return;
  settle();
  count();
  const asking = stage.querySelector("details.ask[open] textarea");
  (asking || stage.querySelector("[data-version]"))?.focus({ preventScroll: true });
  window.scrollTo({ top: 0 });
});
if (stage) settle();
