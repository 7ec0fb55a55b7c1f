import { Button } from '../design/Button.tsx';
import { Notice } from '../design/Notice.tsx';
import { useLab } from '../store/labContext.tsx';

/** What concerns the whole lab and asks for a decision, or for patience. */
export function Banners() {
  const saving = useLab((s) => s.saving);
  const problem = useLab((s) => s.problem);
  const stopReason = useLab((s) => s.stopReason);
  const textValid = useLab((s) => s.textValid);
  const hasLab = useLab((s) => s.lab !== undefined);
  const isLost = useLab((s) => s.connection === 'lost');
  const resolveConflict = useLab((s) => s.resolveConflict);
  const dismissProblem = useLab((s) => s.dismissProblem);
  const showDock = useLab((s) => s.showDock);
  return (
    <div aria-live="polite">
      {saving === 'conflict' && (
        <Notice look="bad" title="Another version of this lab was saved elsewhere.">
          <Button small onPress={() => void resolveConflict('mine')}>
            Keep mine
          </Button>
          <Button small onPress={() => void resolveConflict('theirs')}>
            Take the other one (can be undone)
          </Button>
        </Notice>
      )}
      {(isLost || saving === 'offline') && (
        <Notice
          look="warn"
          title="The server does not answer. Your work is kept on this page and saved as soon as it does."
        />
      )}
      {!textValid && (
        <Notice
          look="warn"
          title={
            hasLab
              ? 'The text is no lab at the moment: the picture shows the last one.'
              : 'The text is no lab yet, so there is nothing to draw.'
          }
        >
          <Button small onPress={() => showDock('problems')}>
            What is wrong
          </Button>
        </Notice>
      )}
      {problem && (
        <Notice look="bad" title={problem.title} text={problem.message} onClose={dismissProblem} />
      )}
      {stopReason && !problem && <Notice look="warn" title="The box ended." text={stopReason} />}
    </div>
  );
}
