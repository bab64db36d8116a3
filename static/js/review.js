/* The stage: which row is current, where the focus goes, and carousels. All of it works without, with less comfort. */
const stage = document.getElementById("stage");

function markCurrent() {
  const shown = stage.querySelector("[data-version]")?.dataset.version;
  document.querySelectorAll(".queue a[aria-current]").forEach((a) => a.removeAttribute("aria-current"));
  const row = document.getElementById(`q-${shown}`);
  row?.setAttribute("aria-current", "true");
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

function settle() {
  stage.querySelectorAll(".gallery:not(.words)").forEach(stepper);
  markCurrent();
}

document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target !== stage) return;
  settle();
  const asking = stage.querySelector("details.ask[open] textarea");
  (asking || stage.querySelector("[data-version]"))?.focus({ preventScroll: true });
  window.scrollTo({ top: 0 });
});
if (stage) settle();
