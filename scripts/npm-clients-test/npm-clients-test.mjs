// Asks a running server with three clients from npm: npm-clients-test.mjs ADDRESS IMAGE
//
// Prints a line for each case, and ends at the first that fails.
import { readFileSync } from "node:fs";
import { CASES as aiSdk } from "./ai-sdk-cases.mjs";
import { CASES as ollama } from "./ollama-cases.mjs";
import { CASES as openai } from "./openai-cases.mjs";

const versions = JSON.parse(readFileSync(new URL("package.json", import.meta.url))).dependencies;

for (const [name, cases] of Object.entries({ openai, ollama, "@ai-sdk/openai-compatible": aiSdk })) {
  for (const [what, run] of Object.entries(cases)) {
    try {
      await run();
    } catch (error) {
      console.error(`FAILED: ${name} ${versions[name]} ${what}: ${error.message}`);
      process.exit(1);
    }
    console.log(`ok: ${name} ${versions[name]} ${what}`);
  }
}
