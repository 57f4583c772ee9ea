/** What every room has: its name, its state in one line, its main action, two columns, and help. */
import { type JSX, Show } from 'solid-js';
import { Later } from './Later';
import styles from './Room.module.css';

export function Room(props: {
  title: string;
  /** What the room has and what it needs, in one line. */
  state: string;
  action?: JSX.Element;
  children: JSX.Element;
  /** What happens here: explanation, formula, the paper's numbers. */
  explain: JSX.Element;
}) {
  return (
    <>
      <div class={styles['head']}>
        <div class={styles['words']}>
          <h1>{props.title}</h1>
          <p class={styles['state']} role="status">
            {props.state}
          </p>
        </div>
        <div class={styles['action']} data-tour="action">
          {props.action}
        </div>
      </div>
      <details class={styles['explain']} data-tour="explain">
        <summary>What happens here</summary>
        <div class={styles['prose']}>
          <Later>{props.explain}</Later>
        </div>
      </details>
      {props.children}
    </>
  );
}

/** One column of work, one of evidence; below each other where it is narrow. `lead` widens work. */
export function Columns(props: { work: JSX.Element; evidence: JSX.Element; lead?: boolean }) {
  return (
    <div class={styles['columns']} data-lead={props.lead ? '' : undefined}>
      <div class={styles['column']}>{props.work}</div>
      <div class={styles['column']}>{props.evidence}</div>
    </div>
  );
}

export function Section(props: {
  title: string;
  /** Of the heading, where something leads to it. */
  id?: string;
  aside?: JSX.Element;
  children: JSX.Element;
}) {
  return (
    <section class={styles['section']}>
      <div class={styles['sectionHead']}>
        <h2 id={props.id} tabindex={props.id ? -1 : undefined}>
          {props.title}
        </h2>
        <Show when={props.aside}>{props.aside}</Show>
      </div>
      {props.children}
    </section>
  );
}

/** What will be here, said before it is. */
export function Empty(props: { children: JSX.Element; action?: JSX.Element }) {
  return (
    <div class={styles['empty']}>
      <p>{props.children}</p>
      <Show when={props.action}>{props.action}</Show>
    </div>
  );
}
