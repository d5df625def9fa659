import { isVariantName, type Measurement, type VariantName } from '../variant-names.ts';
import { client } from './client.ts';
import { everything } from './everything.ts';
import { floor } from './floor.ts';
import { inputFolder, type InputFolder } from './input.ts';
import { ipvsadm } from './ipvsadm.ts';
import { program } from './program.ts';
import { reconciler } from './reconciler.ts';

/**
 * The process of one measurement: `main.ts VARIANT FOLDER`, in a network namespace of its own.
 * Writes the measurement to standard output, as JSON.
 */
const variants: Readonly<Record<VariantName, (folder: InputFolder) => Promise<Measurement>>> = {
  ipvsadm,
  floor,
  client,
  reconciler,
  everything,
  program,
};

const [name = '', folder = ''] = process.argv.slice(2);
if (!isVariantName(name)) {
  throw new Error(`there is no variant '${name}'`);
}
console.log(JSON.stringify(await variants[name](inputFolder(folder))));
