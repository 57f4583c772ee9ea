/** A lesson, one page at a time. Its links to the page open inside it. */
import { For, Match, Show, Switch } from 'solid-js';
import { openGuide } from '../state/guide';
import { GuideCard } from '../tour/GuideCard';
import { LESSONS } from './lessons';
import type { Block, Inline } from './markdown';

export default function LessonView(props: { lesson: number; at: number }) {
  const lesson = () => LESSONS[props.lesson - 1];
  const page = () => lesson()?.pages[props.at];
  return (
    <Show when={page()}>
      {(shown) => (
        <GuideCard
          name={`Lesson ${lesson()!.title}`}
          title={shown().title}
          at={props.at}
          count={lesson()!.pages.length}
          leave="Leave the lesson"
          onMove={(at) => openGuide({ kind: 'lesson', lesson: props.lesson, at })}
          onClose={() => openGuide(null)}
        >
          <For each={shown().blocks}>{(block) => <BlockView block={block} />}</For>
        </GuideCard>
      )}
    </Show>
  );
}

function BlockView(props: { block: Block }) {
  return (
    <Switch>
      <Match when={props.block.kind === 'paragraph' && props.block}>
        {(block) => (
          <p>
            <InlineView parts={block().content} />
          </p>
        )}
      </Match>
      <Match when={props.block.kind === 'list' && props.block}>
        {(block) => (
          <ul>
            <For each={block().items}>
              {(item) => (
                <li>
                  <InlineView parts={item} />
                </li>
              )}
            </For>
          </ul>
        )}
      </Match>
    </Switch>
  );
}

function InlineView(props: { parts: readonly Inline[] }) {
  return (
    <For each={props.parts}>
      {(part) => {
        switch (part.kind) {
          case 'strong':
            return <strong>{part.text}</strong>;
          case 'em':
            return <em>{part.text}</em>;
          case 'code':
            return <code>{part.text}</code>;
          case 'link':
            return <a href={part.href.replace(/^[^#]*/, '')}>{part.text}</a>;
          default:
            return part.text;
        }
      }}
    </For>
  );
}
