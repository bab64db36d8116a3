/* The creator's page: works without net once it was loaded, saves to the phone's photos, and keeps what was said until it can be sent. */
const main = document.querySelector("main");
const here = location.pathname;
const KEPT = `handoff ${here}`, DONE = `handoff steps ${here}`;
const read = (key) => { try { return JSON.parse(localStorage.getItem(key)); } catch { return null; } };
const write = (key, value) => { try { value ? localStorage.setItem(key, JSON.stringify(value)) : localStorage.removeItem(key); } catch { /* private window */ } };
const page = (path) => path.match(/^\/h\/[^/]+\//)[0];

/* --- Without net --- */

async function keepForLater() {
  if (!("serviceWorker" in navigator) || !("caches" in window)) return;
  await navigator.serviceWorker.register("/sw.js", { scope: "/h/" });
  const files = [...document.querySelectorAll("[data-file]")].map((link) => link.dataset.file);
  const loaded = performance.getEntriesByType("resource").map((entry) => entry.name).filter((name) => name.startsWith(location.origin));
  const cache = await caches.open(here);
  try {
    await cache.addAll([...new Set([here, ...loaded, ...files.map((file) => new URL(file, location).href)])]);
    document.querySelector("[data-ready]").textContent = "Kept on this device: it works without net, too.";
  } catch { /* no room, or no net now: it goes on online */ }
}

async function forget() {
  write(KEPT); write(DONE);
  if ("caches" in window) await caches.delete(here);
}

/* --- What is said --- */

function tell(text) {
  const note = document.querySelector("[data-net]");
  if (note) { note.textContent = text; note.hidden = !text; }
}

async function send({ action, fields }) {
  const answer = await fetch(action, { method: "POST", body: fields }); // raises when there is no net
  const shown = new DOMParser().parseFromString(await answer.text(), "text/html");
  write(KEPT);
  if (answer.ok || !shown.querySelector("main")) { location.replace(page(action)); return; }
  document.body.replaceWith(shown.body);
  location.hash = ""; // the sheet with the errors is open by itself
  start();
  document.querySelector(".sheet.open [aria-invalid='true'], .sheet.open")?.focus();
}

async function say(form) {
  const fields = new FormData(form), action = form.getAttribute("action");
  const button = form.querySelector("[type=submit]");
  button.disabled = true;
  try {
    await send({ action, fields });
  } catch {
    button.disabled = false;
    location.hash = "";
    if ([...fields.values()].some((value) => value instanceof File && value.size)) {
      tell("There is no net, and a screenshot cannot be kept for later. What you filled in stays here: send it again when there is net.");
      return;
    }
    write(KEPT, { action, says: form.dataset.says, fields: [...fields].filter(([, value]) => typeof value === "string") });
    waiting();
  }
}

function waiting() {
  const kept = read(KEPT);
  tell(kept ? `There is no net. Kept on this device and not sent yet: ${kept.says}. It is sent when there is net and this page is open.` : "");
}

async function flush() {
  const kept = read(KEPT);
  if (!kept) return;
  const fields = new FormData();
  kept.fields.forEach(([name, value]) => fields.append(name, value));
  try { await send({ action: kept.action, fields }); } catch { waiting(); }
}

/* --- Saving --- */

async function share(button) {
  const links = [...button.closest("li").querySelectorAll("[data-file]")];
  const files = await Promise.all(links.map(async (link) => new File([await (await fetch(link.dataset.file)).blob()], link.download, { type: link.dataset.type })));
  await navigator.share({ files });
}

function offerSharing() {
  const probe = [...document.querySelectorAll("[data-file]")].map((link) => new File(["x"], link.download, { type: link.dataset.type }));
  if (probe.length && matchMedia("(pointer: coarse)").matches && navigator.canShare?.({ files: probe })) document.querySelectorAll("[data-share]").forEach((button) => { button.hidden = false; });
}

function markDone(step) {
  const done = new Set(read(DONE)).add(step.dataset.step);
  write(DONE, [...done]);
  step.classList.add("done");
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-share]");
  if (button) share(button).catch((error) => error.name === "AbortError" || tell("The browser could not hand the files over. Save them one by one."));
  const step = event.target.closest("[data-does]")?.closest("[data-step]");
  if (step) markDone(step);
});
document.addEventListener("submit", (event) => { event.preventDefault(); say(event.target); });
addEventListener("online", flush);
addEventListener("hashchange", () => document.querySelector(".sheet:target")?.focus());

function start() {
  if (document.querySelector("[data-handoff=open]")) {
    (read(DONE) || []).forEach((step) => document.querySelector(`[data-step="${step}"]`)?.classList.add("done"));
    offerSharing();
    keepForLater();
  } else if (document.querySelector("[data-handoff=over]")) forget();
}
start();
flush();
