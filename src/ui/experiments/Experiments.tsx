/** What the room Compare says of several experiments: side by side, and the lineage of their models. */
import styles from './Experiments.module.css';
import { Lineage } from './Lineage';
import { SideBySideExperiments } from './SideBySideExperiments';

export function Experiments() {
  return (
    <div class={styles['all']}>
      <SideBySideExperiments />
      <Lineage />
    </div>
  );
}
