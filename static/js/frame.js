/* What every page has: toasts (another script says `new CustomEvent("toast", {detail: {text, kind}})` to the document), menus that close, dialogs, copy buttons, Escape for the panel.
   No script has words of its own: what one says stands in the page, in the language of the page, as data-say-…. */
const TOAST_MS = 6000;

function tame(toast) {
  if (toast.dataset.tamed) return;
  toast.dataset.tamed = "yes";
  const close = toast.querySelector("[data-dismiss]");
  if (close) close.hidden = false; // what offers to undo has no such button
  if (toast.classList.contains("error")) return; // errors stay
  let timer;
  const start = () => { timer = setTimeout(() => toast.remove(), Number(toast.parentElement.dataset.undo) || TOAST_MS); };
  const hold = () => clearTimeout(timer);
  toast.addEventListener("mouseenter", hold);
  toast.addEventListener("mouseleave", start);
  toast.addEventListener("focusin", hold);
  toast.addEventListener("focusout", start);
  start();
}

const words = () => document.getElementById("toasts").dataset;
const tameAll = () => document.querySelectorAll(".toast").forEach(tame);

function toast(text, kind = "error") {
  const made = document.getElementById("toast-template").content.cloneNode(true);
  made.querySelector("p").textContent = text;
  made.querySelector(".toast").classList.add(kind);
  document.getElementById("toasts").append(made);
  tameAll();
}

async function copy(button) {
  const from = button.dataset.copyFrom && document.querySelector(button.dataset.copyFrom);
  try {
    await navigator.clipboard.writeText(from ? from.textContent.trim() : button.dataset.copy);
    toast(words().sayCopied, "success");
  } catch {
    toast(words().sayUncopied);
  }
}

document.addEventListener("click", (event) => {
  const target = event.target;
  target.closest("[data-dismiss]")?.closest(".toast")?.remove();
  document.querySelectorAll("details.menu-of[open]").forEach((d) => { if (!d.contains(target)) d.open = false; });
  const opener = target.closest("[data-opens]");
  if (opener) document.getElementById(opener.dataset.opens)?.showModal();
  const copier = target.closest("[data-copy], [data-copy-from]");
  if (copier) copy(copier);
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open]")) return;
  const menu = document.querySelector("details.menu-of[open]");
  if (menu) { menu.open = false; menu.querySelector("summary").focus(); return; }
  document.querySelector(".panel .close")?.click();
});

document.addEventListener("toast", (event) => toast(event.detail.text, event.detail.kind)); // from other scripts
document.addEventListener("htmx:afterSettle", tameAll);
document.addEventListener("htmx:sendError", () => toast(words().sayUnreachable));
document.addEventListener("htmx:responseError", (event) => {
  const status = event.detail.xhr.status;
  const sentence = event.detail.xhr.responseText.match(/<p data-sentence>([^<]*)<\/p>/)?.[1];
  const plain = new DOMParser().parseFromString(sentence || "", "text/html").body.textContent;
  toast(plain || (status >= 500 ? words().sayBroken : words().sayRefused));
});
tameAll();
