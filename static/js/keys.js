/* Single keys: every element with data-key="a" is a button or link that the key presses. Silent inside inputs; can be switched off.
   A page's own script hears of each as the event "key" first, and takes it by preventDefault. */
const SILENT = "input, textarea, select, [contenteditable], dialog[open]";
const on = () => { try { return localStorage.getItem("keys") !== "off"; } catch { return true; } };

/* A question that opens takes the focus at once: the next key typed must be a letter of the answer, never a shortcut. */
const focusQuestion = (details) => details.querySelector("textarea, input:not([type=hidden])")?.focus({ preventScroll: true });

function press(element) {
  element.click();
  if (element.matches("details.ask[open] > summary")) focusQuestion(element.parentElement);
}

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter" && event.target.matches("textarea")) {
    event.preventDefault();
    event.target.form?.requestSubmit();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || !on()) return;
  if (event.target.closest(SILENT) || document.querySelector("dialog[open]")) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (!document.dispatchEvent(new CustomEvent("key", { detail: key, cancelable: true }))) { event.preventDefault(); return; }
  if (event.repeat || document.querySelector("details.ask[open]")) return;
  const element = [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].find((e) => e.checkVisibility() && !e.disabled);
  if (!element) return;
  event.preventDefault();
  press(element);
});

document.addEventListener("toggle", (event) => {
  if (event.target.matches("details.ask") && event.target.open) focusQuestion(event.target);
}, true);
document.addEventListener("click", (event) => {
  const details = event.target.closest("[data-closes]")?.closest("details");
  if (details) { details.open = false; details.querySelector("summary").focus(); }
});

const box = document.getElementById("keys-on");
if (box) {
  box.checked = on();
  box.addEventListener("change", () => { try { localStorage.setItem("keys", box.checked ? "on" : "off"); } catch { /* for this page only */ } });
}
