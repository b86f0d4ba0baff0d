/**
 * Stands in for the process that tests one engine: `cpu` answers, other engines act like a broken driver.
 * The reference is 1, 2, 3, and 4, 5 of tokens. `wasm` is nearly equal, `onnxruntime` computes the tokens wrongly.
 */
const [engine] = process.argv.slice(2);

function answer(outputs: number[], tokens: number[]): void {
  const availability = { ok: true, reason: 'a fake', device: 'fake', kind: 'cpu' };
  process.send!({ availability, selfTest: { outputs, tokens, imagesPerSecond: 7 }, failure: null }, () =>
    process.exit(0),
  );
}

switch (engine) {
  case 'cpu':
    answer([1, 2, 3], [4, 5]);
    break;
  case 'wasm':
    answer([1, 2, 3.0000003], [4, 5]);
    break;
  case 'onnxruntime':
    answer([1, 2, 3], [4, 5.5]);
    break;
  case 'tensorflow':
    console.error('Fatal error: cannot open shared object file\n    at somewhere');
    process.kill(process.pid, 'SIGSEGV');
    break;
  default:
    setInterval(() => {}, 1000);
}
