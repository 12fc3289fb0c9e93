// Reads what shards.go writes.
import { Gallery } from "./gallery.js";

const formatVersion = 1;

/**
 * Reads a gallery: pointer is what shards.json holds, and read(name) resolves to the bytes of a shard. Nothing is searched unless all
 * of it is there and whole: part of a gallery would give wrong answers.
 */
export async function readGallery(pointer, read) {
  if (pointer.version !== formatVersion) throw new Error(`the search's files are of version ${pointer.version}, not ${formatVersion}`);
  const [albums, ...shards] = await Promise.all([pointer.albums, ...pointer.shards.map(([name]) => name)].map(async (name) => decode(await read(name))));
  shards.forEach((shard, i) => {
    const [name, items] = pointer.shards[i];
    if (shard.name.length !== items) throw new Error(`shard ${name} has ${shard.name.length} items, not ${items}`);
    for (const kind of ["taken", "latitude", "longitude"]) {
      let last = 0;
      shard.numbers[kind] = shard.numbers[kind]?.map((v) => v === null ? null : last += v);
    }
  });
  return new Gallery(albums, shards);
}

/** Reads a compressed JSON file. A host may have taken it for one to be uncompressed on the way. */
export async function decode(bytes) {
  let blob = new Blob([bytes]);
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) blob = await new Response(blob.stream().pipeThrough(new DecompressionStream("gzip"))).blob();
  return JSON.parse(await blob.text());
}
