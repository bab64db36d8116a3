/* Files of a form: each is sent as soon as it is chosen, with its progress; then ordered by buttons or by dragging. */
const toast = (text, kind) => document.dispatchEvent(new CustomEvent("toast", { detail: { text, kind } }));

const form = document.querySelector("[data-compose]");
const box = form?.querySelector("[data-upload]");

function tame(row) {
  row.querySelector(".moves")?.removeAttribute("hidden");
}

function rowOf(html) {
  const template = document.createElement("template");
  template.innerHTML = html.trim();
  const row = template.content.firstElementChild;
  if (!row?.matches("[data-file], [data-failed]")) throw new Error("not a row");
  return row;
}

let waiting = [], busy = false, sending = 0;

function count(by) {
  sending += by;
  const button = form.querySelector("[data-submit]");
  button.disabled = sending > 0;
  if (!button.dataset.words) button.dataset.words = button.textContent;
  button.textContent = sending > 0 ? box.dataset.sayBusy : button.dataset.words;
}

function start(file, row) {
  const request = new XMLHttpRequest(), body = new FormData();
  body.append("csrfmiddlewaretoken", form.querySelector("[name=csrfmiddlewaretoken]").value);
  body.append("files", file);
  request.open("POST", box.dataset.upload);
  const bar = row.querySelector("progress");
  request.upload.addEventListener("progress", (e) => { if (e.lengthComputable) bar.value = (100 * e.loaded) / e.total; });
  request.upload.addEventListener("load", () => bar.removeAttribute("value")); // arrived; being looked at
  const over = () => { busy = false; count(-1); next(); };
  const failed = (sentence) => { toast(sentence.replace("{file}", () => file.name)); row.remove(); over(); };
  request.addEventListener("load", () => {
    let made;
    try { made = rowOf(request.responseText); } catch { return failed(request.status === 413 ? box.dataset.sayTooBig : box.dataset.sayRefused); }
    tame(made);
    row.replaceWith(made);
    over();
  });
  request.addEventListener("error", () => failed(box.dataset.sayBroken));
  request.addEventListener("abort", () => { row.remove(); over(); });
  row.querySelector("[data-stop]").addEventListener("click", () => request.abort());
  request.send(body);
}

function next() {
  if (busy || !waiting.length) return;
  const { file, row } = waiting.shift();
  if (!row.isConnected) { count(-1); next(); return; }
  busy = true;
  start(file, row);
}

function add(files) {
  for (const file of files) {
    const row = document.getElementById("sending").content.cloneNode(true).firstElementChild;
    row.querySelector("[data-name]").textContent = file.name;
    row.querySelector("[data-stop]").addEventListener("click", () => row.remove());
    box.querySelector(".file-list").append(row);
    waiting.push({ file, row });
    count(1);
  }
  next();
}

function move(row, by) {
  const rows = [...row.parentElement.querySelectorAll("[data-file]")], other = rows[rows.indexOf(row) + by];
  if (!other) return;
  if (by < 0) other.before(row); else other.after(row);
}

if (box) {
  const input = box.querySelector("input[type=file]"), drop = box.querySelector(".drop"), list = box.querySelector(".file-list");
  list.querySelectorAll("[data-file]").forEach(tame);
  input.addEventListener("change", () => { add([...input.files]); input.value = ""; });
  list.addEventListener("click", (event) => {
    const button = event.target.closest("[data-move], [data-leave-out]"), row = button?.closest("li");
    if (!row) return;
    if (button.dataset.move) { move(row, Number(button.dataset.move)); button.focus(); return; }
    const after = row.nextElementSibling || row.previousElementSibling;
    row.remove();
    (after?.querySelector("[data-leave-out]") || input).focus();
  });

  let dragged = null;
  list.addEventListener("dragstart", (e) => { dragged = e.target.closest("[data-file]"); dragged?.classList.add("dragged"); });
  list.addEventListener("dragend", () => { dragged?.classList.remove("dragged"); dragged = null; });
  list.addEventListener("dragover", (e) => {
    const over = e.target.closest("[data-file]");
    if (!dragged || !over) return;
    e.preventDefault();
    if (over === dragged) return;
    const rect = over.getBoundingClientRect();
    if (e.clientY < rect.top + rect.height / 2) over.before(dragged); else over.after(dragged);
  });
  list.addEventListener("mousedown", (e) => { const row = e.target.closest("[data-file]"); if (row) row.draggable = !e.target.closest("input"); });

  const carriesFiles = (e) => [...e.dataTransfer.types].includes("Files");
  form.addEventListener("dragover", (e) => { if (carriesFiles(e)) { e.preventDefault(); drop.classList.add("over"); } });
  form.addEventListener("dragleave", () => drop.classList.remove("over"));
  form.addEventListener("drop", (e) => { if (!carriesFiles(e)) return; e.preventDefault(); drop.classList.remove("over"); add([...e.dataTransfer.files]); });

  form.addEventListener("submit", (event) => {
    if (sending > 0 || form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "yes";
    window.addEventListener("pageshow", () => delete form.dataset.sent, { once: true });
  });
}

/* The format that these files suggest, as long as nobody has chosen one. */
const format = form?.querySelector("select[name=format]");
if (box && format && !box.querySelector("[data-file]")) {
  let chosen = false;
  format.addEventListener("change", () => { chosen = true; });
  new MutationObserver(() => {
    if (chosen) return;
    const rows = [...box.querySelectorAll("[data-file]")];
    if (rows.length) format.value = rows.length > 1 ? "carousel" : rows[0].querySelector(".kind") ? "reel" : "image";
  }).observe(box.querySelector(".file-list"), { childList: true });
}
