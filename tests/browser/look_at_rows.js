// Look at every row as a person would: chosen, with each tab, and under the pointer; what was read of each.
async () => {
  const shadow = document.querySelector(".nbagents-root").shadowRoot;
  const scroller = shadow.querySelector(".scroller");
  const frame = () => new Promise((done) => requestAnimationFrame(() => done()));
  const until = async (test, what) => {
    for (let n = 0; n < 1200; n++) {
      if (test()) return;
      await frame();
    }
    throw new Error(`not seen: ${what}`);
  };
  const press = (key) => scroller.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, composed: true }));
  const tab = (name) => [...shadow.querySelectorAll(".tab")].find((each) => each.textContent === name);
  const chosen = () => shadow.querySelector(".row.selected:not([hidden])");
  const count = Number(shadow.querySelector(".row").getAttribute("aria-setsize"));
  const seen = [];
  press("Home");
  for (let row = 0; row < count; row++) {
    await until(() => chosen()?.getAttribute("aria-posinset") === String(row + 1), `row ${row}`);
    await until(() => tab("Settings"), `details of ${row}`);
    for (const name of row % 2 ? ["Output", "Raw", "Settings", "Input"] : ["Raw", "Input"]) {
      tab(name).click();
      await until(() => tab(name)?.getAttribute("aria-selected") === "true", `${name} of ${row}`);
    }
    const box = chosen().querySelector(".chart").getBoundingClientRect();
    const at = { clientX: box.left + box.width / 2, clientY: box.top + 8, bubbles: true, composed: true };
    chosen().dispatchEvent(new PointerEvent("pointermove", at));
    seen.push([".row.selected .label", ".tip", ".details"].map((part) => shadow.querySelector(part).textContent));
    press("ArrowDown");
  }
  return seen;
}
