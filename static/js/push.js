/* Pushes to this browser. The permission is asked for by the button alone; then a plain form says where to push to. */
const form = document.querySelector("[data-push]");
const state = document.querySelector("[data-push-state]");
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const SCOPE = { scope: "/w/" };

async function allow() {
  if (await Notification.requestPermission() !== "granted") {
    state.textContent = state.dataset.sayRefused;
    return;
  }
  const registration = await navigator.serviceWorker.register("/sw.js", SCOPE);
  await (await registration.pushManager.getSubscription())?.unsubscribe(); // it may be tied to an older key
  await worker(registration);
  const made = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: form.dataset.push });
  form.elements.endpoint.value = made.endpoint;
  for (const name of ["p256dh", "auth"]) form.elements[name].value = text(made.getKey(name));
  form.submit();
}

/* A subscription needs a worker that is at work; the first one takes a moment to start. */
const worker = (registration) => registration.active || new Promise((done) => {
  const starting = registration.installing || registration.waiting;
  starting.addEventListener("statechange", () => starting.state === "activated" && done());
});

async function show() {
  if (!("PushManager" in window)) { state.textContent = state.dataset.sayUnable; return; }
  const registration = await navigator.serviceWorker.getRegistration("/w/");
  const mine = await registration?.pushManager.getSubscription();
  const listed = [...document.querySelectorAll("[data-endpoint]")].some((row) => row.dataset.endpoint === mine?.endpoint);
  form.hidden = listed;
  state.textContent = listed ? state.dataset.sayTaken : "";
}

form.querySelector("button").addEventListener("click", () => allow().catch((error) => {
  state.textContent = state.dataset.sayFailed.replace("{error}", () => error.message);
}));
show();
