/* Shows pushes, and answers for a hand-off's page when there is no net: static/js/handoff.js has put it into the cache. */
addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(clients.claim()));

addEventListener("push", (event) => {
  const { title, text, path, tag } = event.data.json();
  event.waitUntil(registration.showNotification(title, { body: text, tag, data: path }));
});

addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(clients.openWindow(event.notification.data));
});

/* A film is asked for in parts. */
async function part(request, kept) {
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.get("Range") || "");
  if (!range) return kept;
  const blob = await kept.blob();
  const end = Math.min(range[2] ? Number(range[2]) : Infinity, blob.size - 1);
  const headers = { "Content-Type": blob.type, "Content-Range": `bytes ${range[1]}-${end}/${blob.size}` };
  return new Response(blob.slice(Number(range[1]), end + 1), { status: 206, headers });
}

addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !registration.scope.endsWith("/h/")) return;
  event.respondWith(fetch(request).catch(async (error) => {
    const kept = await caches.match(request.url, { ignoreSearch: true, ignoreVary: true });
    if (!kept) throw error;
    return part(request, kept);
  }));
});
