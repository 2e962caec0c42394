// The widgets give their sliders no name that a screen reader could say, and their switches no state.
(() => {
  if (window.labSpoken) return; // the screen is shown twice, or its cell was run again
  const set = (node, name, value) => { if (node.getAttribute(name) !== value) node.setAttribute(name, value); };
  const say = () => {
    for (const handle of document.querySelectorAll(".lab .noUi-handle")) {
      const box = handle.closest(".widget-slider");
      set(handle, "aria-label", box?.querySelector(".widget-label")?.textContent || "value");
      const told = box?.querySelector(".widget-readout")?.textContent;
      if (told) set(handle, "aria-valuetext", told);
      const typed = box?.parentElement?.querySelector(":scope > .widget-text input");
      if (!typed) continue;
      set(typed, "aria-label", `${handle.getAttribute("aria-label")}, typed`);
      if (told && handle.dataset.told !== told && document.activeElement !== typed) typed.value = told; // at once
      handle.dataset.told = told;
    }
    for (const button of document.querySelectorAll(".lab .widget-toggle-button")) {
      const kind = button.classList.contains("lab-fold") ? "aria-expanded" : "aria-pressed";
      set(button, kind, String(button.classList.contains("mod-active")));
    }
    for (const bar of document.querySelectorAll(".lab .progress")) set(bar, "role", "presentation");
    const page = document.getElementById("rendered_cells"); // of Voilà; JupyterLab names its own main part
    if (page) set(page, "role", "main");
  };
  let waiting = 0;
  window.labSpoken = new MutationObserver(() => { waiting ||= requestAnimationFrame(() => { waiting = 0; say(); }); });
  window.labSpoken.observe(document.body, { subtree: true, childList: true, characterData: true, attributeFilter: ["class"] });
})();
