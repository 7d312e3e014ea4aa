import { CommandFailure, runCommand } from '@supernoba/command';
import { tidyProblems } from './tidy.js';
import { workspaceFiles, workspaceRoot } from './workspace.js';

await runCommand({
  name: 'check:tidy',
  usage: `usage: npm run check:tidy -- [--json]\n\nSays what keeps the workspace from being tidy: projects without a target or a test, files too long, names of machines.`,
  options: {},
  floors: { projects: 1, files: 1 },
  timeLimitMs: 60_000,
  run({ say }) {
    const root = workspaceRoot();
    const { problems, projects, files } = tidyProblems(root, workspaceFiles(root));
    for (const problem of problems) say(problem);
    if (problems.length > 0) throw new CommandFailure(`${problems.length} problems in ${projects} projects`);
    const row = { workload: 'workspace', subject: 'supernoba' };
    return Promise.resolve([
      { ...row, metric: 'projects', value: projects, unit: 'projects' },
      { ...row, metric: 'files', value: files, unit: 'files' },
    ]);
  },
});
