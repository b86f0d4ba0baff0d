export interface ShownCommand {
  /** On one line, without its comment, its words one space apart. */
  text: string;
  /** Line of README.md, from 1. */
  line: number;
}

const FENCE = /^```/;
const COMMENT = /(?:^|\s+)#.*$/;

/** The commands of all `sh` blocks. A line that ends in a backslash goes on in the next. */
export function shellCommands(markdown: string): ShownCommand[] {
  const commands: ShownCommand[] = [];
  let isShell = false;
  let begun: ShownCommand | null = null;
  for (const [index, line] of markdown.split('\n').entries()) {
    if (FENCE.test(line)) {
      isShell = line === '```sh';
      continue;
    }
    if (!isShell) continue;
    const goesOn = line.endsWith('\\');
    const text = (goesOn ? line.slice(0, -1) : line).replace(COMMENT, '').trim();
    if (text === '' && begun === null) continue;
    const command: ShownCommand = begun ?? { text: '', line: index + 1 };
    command.text = `${command.text} ${text}`.trim().replace(/\s+/g, ' ');
    begun = goesOn ? command : null;
    if (!goesOn) commands.push(command);
  }
  return commands;
}
