/* Loaded in the head, before anything is painted: the chosen theme, so that nothing flashes. */
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const chosen = () => { try { return localStorage.getItem("theme") || "system"; } catch { return "system"; } };
  const apply = (theme) => {
    if (theme === "system") delete root.dataset.theme; else root.dataset.theme = theme;
    document.querySelectorAll("[data-set-theme]").forEach((b) => b.setAttribute("aria-pressed", String(b.dataset.setTheme === theme)));
  };
  apply(chosen());
  document.addEventListener("DOMContentLoaded", () => apply(chosen()));
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-set-theme]");
    if (!button) return;
    try { localStorage.setItem("theme", button.dataset.setTheme); } catch { /* private window: for this page only */ }
    apply(button.dataset.setTheme);
  });
})();
