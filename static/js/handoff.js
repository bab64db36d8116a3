/* The creator's page: works without net once it was loaded, saves to the phone's photos, and keeps what was said until it can be sent. */
const $ = (selector) => document.querySelector(selector);
const files = () => [...document.querySelectorAll("[data-file]")];
const here = location.pathname.match(/^\/h\/[^/]+\//)?.[0] || location.pathname;
const KEPT = `handoff ${here}`, DONE = `handoff steps ${here}`;
const read = (key) => { try { return JSON.parse(localStorage.getItem(key)); } catch { return null; } };
const write = (key, value) => { try { value ? localStorage.setItem(key, JSON.stringify(value)) : localStorage.removeItem(key); } catch { /* private window */ } };

/* --- Without net --- */

async function keepForLater() {
  if (!navigator.serviceWorker || !window.caches) return;
  await navigator.serviceWorker.register("/sw.js", { scope: "/h/" });
  if (document.readyState !== "complete") await new Promise((done) => addEventListener("load", done, { once: true }));
  const loaded = performance.getEntriesByType("resource").map(({ name }) => name).filter((name) => name.startsWith(location.origin));
  const media = files().map((link) => new URL(link.dataset.file, location).href);
  try {
    await (await caches.open(here)).addAll([...new Set([location.origin + here, ...loaded, ...media])]);
    const ready = $("[data-ready]");
    ready.textContent = ready.dataset.sayReady;
  } catch { /* no room, or no net now: it goes on online */ }
}

function forget() {
  write(KEPT);
  write(DONE);
  window.caches?.delete(here);
}

/* --- What is said --- */

/* One of the sentences that the page has for it; none clears it. */
function tell(name, what = "") {
  const note = $("[data-net]");
  if (!note) return;
  note.textContent = name ? note.dataset[name].replace("{what}", () => what) : "";
  note.hidden = !name;
}

async function send(action, body) {
  const answer = await fetch(action, { method: "POST", body }); // raises when there is no net
  if (answer.status >= 500) throw new Error("The server is in trouble.");
  const shown = new DOMParser().parseFromString(await answer.text(), "text/html");
  write(KEPT);
  if (answer.ok || !shown.querySelector(".sheet")) { location.replace(here); return; }
  history.replaceState(null, "", here); // the sheet with the errors is open by itself
  document.body.replaceWith(shown.body);
  start();
  ($(".sheet.open [aria-invalid=true]") || $(".sheet.open")).focus();
}

async function say(form) {
  const body = new FormData(form), action = form.getAttribute("action"), button = form.querySelector("[type=submit]");
  button.disabled = true;
  try { await send(action, body); } catch {
    button.disabled = false;
    location.hash = "";
    if ([...body.values()].some((value) => value.size)) { tell("sayUnsent"); return; }
    write(KEPT, { action, says: form.dataset.says, fields: [...body].filter(([, value]) => typeof value === "string") });
    waiting();
  }
}

function waiting() {
  const kept = read(KEPT);
  tell(kept && "sayKept", kept?.says);
}

async function flush() {
  const kept = read(KEPT);
  if (kept) await send(kept.action, new URLSearchParams(kept.fields)).catch(waiting);
}

/* --- Saving --- */

const asFile = (link, content) => new File(content, link.download, { type: link.dataset.type });

async function share() {
  await navigator.share({ files: await Promise.all(files().map(async (link) => asFile(link, [await (await fetch(link.dataset.file)).blob()]))) });
}

/* A download does not ask the worker. */
async function saveKept(link) {
  const copy = Object.assign(document.createElement("a"), { download: link.download });
  copy.href = URL.createObjectURL(await (await fetch(link.dataset.file)).blob());
  copy.click();
}

document.addEventListener("click", (event) => {
  const { target } = event, link = target.closest("[data-file]");
  if (link && !navigator.onLine) { event.preventDefault(); saveKept(link).catch(() => tell("sayMissing")); }
  if (target.closest("[data-share]")) share().catch((error) => error.name === "AbortError" || tell("sayUnshared"));
  const step = target.closest("[data-does]")?.closest("[data-step]");
  if (!step) return;
  step.classList.add("done");
  write(DONE, [...new Set(read(DONE)).add(step.dataset.step)]);
});
document.addEventListener("submit", (event) => { event.preventDefault(); say(event.target); });
addEventListener("online", flush);
addEventListener("hashchange", () => $(".sheet:target")?.focus());

function start() {
  if ($("[data-handoff=over]")) forget();
  if (!$("[data-handoff=open]")) return;
  (read(DONE) || []).forEach((step) => $(`[data-step="${step}"]`)?.classList.add("done"));
  const button = $("[data-share]");
  if (button) button.hidden = !matchMedia("(pointer: coarse)").matches || !navigator.canShare?.({ files: files().map((link) => asFile(link, ["x"])) });
  keepForLater();
}
start();
flush();
