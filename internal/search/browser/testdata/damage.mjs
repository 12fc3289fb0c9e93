// Damages files in many ways and wants each either refused or read as it was.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { decode } from "../engine/shards.js";

const dir = process.argv[2];
let refused = 0, random = 1;
const next = (n) => (random = (random * 48271) % 0x7fffffff) % n;
for (const name of (await readdir(dir)).filter((n) => n.endsWith(".gz"))) {
  const whole = await readFile(join(dir, name)), want = JSON.stringify(await decode(whole));
  for (let i = 0; i < 100; i++) {
    const damaged = Buffer.from(i % 2 ? whole : whole.subarray(0, next(whole.length)));
    if (i % 2) damaged[next(whole.length)] ^= 1 << next(8);
    try {
      const got = JSON.stringify(await decode(damaged));
      if (got !== want) throw Object.assign(new Error(`${name}, damaged, is read as ${got.slice(0, 100)}`), { wrong: true });
    } catch (error) {
      if (error.wrong) throw error;
      refused++;
    }
  }
}
process.stdout.write(String(refused));
