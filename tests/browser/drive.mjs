// Does what a person does with the console in a real browser, and tells what was seen. Tasks come as JSON on standard input,
// results go as JSON to standard output; what is right, the tests in tests/it/console/browser say.
import { createRequire } from "node:module";
import { readFileSync, writeFileSync } from "node:fs";
import { chromium } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const DESK = { width: 1280, height: 860 };
const PHONE = { width: 390, height: 844 };

// A window of its own, signed in; what a page complains about is a mistake of the page.
async function open(browser, given, options = {}) {
  const context = await browser.newContext({ viewport: DESK, reducedMotion: "reduce", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  await page.goto(`${given.base}/console/sign-in`);
  await page.getByLabel("Token").fill(given.token);
  await page.keyboard.press("Enter");
  await page.waitForURL(`${given.base}/console`);
  return { page, context, complaints };
}

const heading = (page) => page.locator("h1").innerText();

// With the keyboard alone: the next element that fits, and whether each on the way there is seen to be the one.
async function tabTo(page, wanted) {
  for (let presses = 0; presses < 120; presses++) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(() => {
      const one = document.activeElement;
      // At its end the page hands the keyboard to the browser for a moment.
      if (one === document.body) return { words: "", seen: true };
      const style = getComputedStyle(one);
      const words = one.getAttribute("aria-label") ?? (one.innerText || one.labels?.[0]?.innerText || one.name || "");
      return { words: words.trim(), seen: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 };
    });
    if (at.words !== "" && !at.seen) throw new Error(`the focus is not seen on "${at.words}"`);
    if (at.words === wanted) return presses + 1;
  }
  throw new Error(`the keyboard does not come to "${wanted}" on ${page.url()}`);
}

const tasks = {
  // Finds a message and follows it.
  async trace(browser, given) {
    const { page, complaints } = await open(browser, given);
    await page.getByRole("link", { name: "Messages" }).click();
    await page.getByLabel("Id or number").fill(given.id);
    await page.getByRole("button", { name: "Find" }).click();
    await page.waitForURL("**/console/messages/m-*");
    const lines = await page.locator("ol.timeline li").allInnerTexts();
    return { url: page.url(), heading: await heading(page), lines, complaints };
  },

  // Looks at what a redrive would do, and does it.
  async redrive(browser, given) {
    const { page, complaints } = await open(browser, given);
    await page.getByRole("link", { name: "Dead letters", exact: true }).click();
    await page.getByRole("link", { name: String(given.letter), exact: true }).click();
    await page.getByRole("button", { name: "See what a redrive would do" }).click();
    await page.getByRole("heading", { name: "What a redrive would do" }).waitFor();
    const look = await page.locator("p.notice").innerText();
    await page.getByRole("button", { name: "Redrive these" }).click();
    await page.getByRole("heading", { name: "Redriven" }).waitFor();
    const done = await page.locator("p.notice").innerText();
    await page.getByRole("link", { name: "Dead letters", exact: true }).click();
    return { look, done, left: await page.locator("main").innerText(), complaints };
  },

  // A file is broken and mended while its page is open; nothing is loaded again.
  async broken(browser, given) {
    const { page, complaints } = await open(browser, given);
    await page.goto(`${given.base}/console/configuration`);
    await page.evaluate(() => (window.untouched = true));
    const files = page.getByRole("table");
    const before = await page.locator("pre.problem").count();
    writeFileSync(given.file, given.broken);
    await page.locator("pre.problem").first().waitFor();
    const problem = await page.locator("pre.problem").first().innerText();
    const served = await files.getByRole("row").filter({ hasText: given.file }).innerText();
    const told = await page.locator("#spoken").textContent();
    writeFileSync(given.file, given.good);
    await page.locator("pre.problem").first().waitFor({ state: "detached" });
    const untouched = await page.evaluate(() => window.untouched === true);
    const mended = await page.locator("#spoken").textContent();
    return { before, problem, served, untouched, told, mended, complaints };
  },

  // From signing in to signing out without a mouse.
  async keyboard(browser, given) {
    const context = await browser.newContext({ viewport: DESK });
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    await page.goto(`${given.base}/console`);
    // The field has the focus already.
    await page.keyboard.type(given.token);
    await page.keyboard.press("Enter");
    await page.waitForURL(`${given.base}/console`);
    const skip = await tabTo(page, "Skip to the content");
    await page.keyboard.press("Enter");
    const skipped = await page.evaluate(() => document.activeElement.id);
    await page.goto(`${given.base}/console`);
    await tabTo(page, "Messages");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/console/messages");
    await tabTo(page, "Id or number");
    await page.keyboard.type(given.id);
    await page.keyboard.press("Enter");
    await page.waitForURL("**/console/messages/m-*");
    const traced = await heading(page);
    await tabTo(page, "Dead letters");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/console/dead-letters");
    await tabTo(page, String(given.letter));
    await page.keyboard.press("Enter");
    await page.waitForURL("**/console/dead-letters/*");
    await tabTo(page, "See what a redrive would do");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "What a redrive would do" }).waitFor();
    await tabTo(page, "Redrive these");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "Redriven" }).waitFor();
    const done = await page.locator("p.notice").innerText();
    await tabTo(page, "Sign out");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/console/sign-in");
    await page.goto(`${given.base}/console`);
    return { skip, skipped, traced, done, out: page.url() };
  },

  // Pages of a long list, scrolled and turned over: the longest that the page itself kept the browser from drawing.
  async rows(browser, given) {
    const { page, complaints } = await open(browser, given);
    await page.goto(`${given.base}/console/dead-letters`);
    await browser.startTracing(page, { categories: ["toplevel", "devtools.timeline", "disabled-by-default-devtools.timeline"] });
    const ids = [];
    for (let turned = 0; turned < given.pages; turned++) {
      ids.push(...(await page.locator("td:first-child").allInnerTexts()));
      for (let scrolled = 0; scrolled < 8; scrolled++) {
        await page.mouse.wheel(0, 900);
        await page.waitForTimeout(30);
      }
      await page.getByRole("link", { name: "Older" }).click();
      await page.waitForLoadState("load");
    }
    const { traceEvents } = JSON.parse((await browser.stopTracing()).toString());
    const mains = traceEvents.filter((one) => one.name === "thread_name" && one.args.name === "CrRendererMain");
    const isMain = (one) => mains.some((main) => main.pid === one.pid && main.tid === one.tid);
    // What the thread itself was busy: on a machine with others on it, a task may also wait for its turn.
    const tasks = traceEvents.filter((one) => one.ph === "X" && one.name.endsWith("RunTask") && isMain(one));
    const busy = tasks.map((one) => (one.tdur ?? one.dur) / 1000);
    return { rows: ids.length, different: new Set(ids).size, tasks: busy.length, longest: Math.max(...busy), complaints };
  },

  // What axe finds on each page, by light and by dark, on a desk and on a phone; and whether a page is wider than its screen.
  async access(browser, given) {
    const found = [];
    for (const colorScheme of ["light", "dark"]) {
      for (const [screen, viewport] of [["desk", DESK], ["phone", PHONE]]) {
        const { page, context } = await open(browser, given, { colorScheme, viewport });
        for (const path of given.paths) {
          const answer = await page.goto(given.base + path);
          await page.evaluate(AXE);
          const { violations, passes } = await page.evaluate((rules) => axe.run({ runOnly: rules }), RULES);
          const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
          const words = violations.map((one) => `${one.id}: ${one.nodes.map((node) => node.target).join(" | ")}: ${one.nodes[0].failureSummary}`);
          found.push({ path, colorScheme, screen, status: answer.status(), violations: words, passes: passes.length, wide });
        }
        await context.close();
      }
    }
    return found;
  },

  // Pages without any script.
  async plain(browser, given) {
    const { page } = await open(browser, given, { javaScriptEnabled: false });
    const read = {};
    for (const path of given.paths) {
      await page.goto(given.base + path);
      read[path] = await page.locator("main").innerText();
    }
    return read;
  },

  // A sample is pasted, and where a field comes from is read.
  async playground(browser, given) {
    const { page, complaints } = await open(browser, given);
    await page.getByRole("link", { name: "Playground" }).click();
    await page.getByLabel("Tenant").selectOption(given.tenant);
    await page.getByLabel("Sample", { exact: true }).fill(given.sample);
    await page.getByRole("button", { name: "Try it" }).click();
    const row = page.getByRole("row").filter({ has: page.getByRole("cell", { name: given.field, exact: true }) });
    const cells = await row.first().getByRole("cell").allInnerTexts();
    const legs = await page.locator("section h2").allInnerTexts();
    return { cells, legs, complaints };
  },

  // Pictures of pages.
  async pictures(browser, given) {
    const sizes = [];
    for (const { path, file, colorScheme, phone, height, fill, press, show } of given.pictures) {
      const viewport = phone ? { ...PHONE, height: height ?? PHONE.height } : { width: 1200, height: height ?? 800 };
      const { page, context } = await open(browser, given, { colorScheme, viewport });
      await page.goto(given.base + path);
      for (const [label, text] of Object.entries(fill ?? {})) await page.getByLabel(label, { exact: true }).fill(text);
      if (press) {
        await page.getByRole("button", { name: press }).click();
        await page.waitForLoadState("load");
      }
      if (show) await page.getByRole("heading", { name: show }).evaluate((one) => one.scrollIntoView());
      // Files are called as they are where a gateway is started in its own folder.
      await page.evaluate((folder) => {
        const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        while (texts.nextNode()) texts.currentNode.data = texts.currentNode.data.replaceAll(folder, "");
      }, given.folder);
      sizes.push((await page.screenshot({ path: file })).length);
      await context.close();
    }
    return sizes;
  },
};

const wanted = JSON.parse(readFileSync(0, "utf8"));
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
const results = [];
try {
  for (const given of wanted) results.push(await tasks[given.task](browser, given));
} finally {
  await browser.close();
}
process.stdout.write(JSON.stringify(results));
