import { Search } from 'lucide-react';
import { useId, useState, type ReactNode } from 'react';
import { cx } from './cx.ts';
import styles from './Fields.module.css';

interface FieldProps {
  label: string;
  description?: string | undefined;
  error?: string | undefined;
}

/** Label, control, and what is wrong with it: read out together. */
function Field(
  props: FieldProps & {
    children: (ids: { id: string; describedBy: string | undefined }) => ReactNode;
    inline?: boolean | undefined;
  },
) {
  const id = useId();
  const note = props.error ?? props.description;
  return (
    <div className={cx(styles['field'], props.inline && styles['inline'])}>
      <label htmlFor={id}>{props.label}</label>
      {props.children({ id, describedBy: note ? `${id}-note` : undefined })}
      {note && (
        <p id={`${id}-note`} className={cx(styles['note'], props.error && styles['error'])}>
          {note}
        </p>
      )}
    </div>
  );
}

export interface TextFieldProps extends FieldProps {
  value: string;
  /** Called with what was typed, on Enter or when the field is left; never with an invalid text. */
  onCommit: (text: string) => void;
  /** One sentence when the text cannot be used. */
  validate?: ((text: string) => string | undefined) | undefined;
  placeholder?: string;
  mono?: boolean;
  inline?: boolean;
  /** Width in characters. */
  columns?: number;
  suggestions?: string[];
}

/** A text that counts when it is done and valid; until then it stays in the field, with the reason. */
export function TextField(props: TextFieldProps) {
  const { value, onCommit, validate, placeholder, mono, columns, suggestions } = props;
  const [draft, setDraft] = useState<string>();
  const list = useId();
  const shown = draft ?? value;
  const error = (draft !== undefined ? validate?.(draft.trim()) : undefined) ?? props.error;

  const commit = () => {
    if (draft === undefined) return;
    const text = draft.trim();
    if (validate?.(text) !== undefined) return;
    setDraft(undefined);
    if (text !== value) onCommit(text);
  };

  return (
    <Field {...props} error={error}>
      {({ id, describedBy }) => (
        <>
          <input
            id={id}
            className={cx(styles['input'], mono && styles['mono'])}
            value={shown}
            placeholder={placeholder}
            size={columns}
            spellCheck={false}
            autoComplete="off"
            aria-invalid={error !== undefined}
            aria-describedby={describedBy}
            list={suggestions ? list : undefined}
            onChange={(event) => setDraft(event.target.value)}
            onBlur={commit}
            onKeyDown={(event) => {
              if (event.key === 'Enter') commit();
              if (event.key === 'Escape' && draft !== undefined) {
                event.stopPropagation();
                setDraft(undefined);
              }
            }}
          />
          {suggestions && (
            <datalist id={list}>
              {suggestions.map((text) => (
                <option key={text}>{text}</option>
              ))}
            </datalist>
          )}
        </>
      )}
    </Field>
  );
}

export interface SelectFieldProps extends FieldProps {
  value: string;
  options: readonly (string | { value: string; label: string })[];
  onChange: (value: string) => void;
  inline?: boolean;
}

/** One of a few. The system's own list: readable everywhere and operable by everyone. */
export function SelectField(props: SelectFieldProps) {
  const options = props.options.map((option) =>
    typeof option === 'string' ? { value: option, label: option } : option,
  );
  const isKnown = options.some(({ value }) => value === props.value);
  return (
    <Field {...props}>
      {({ id, describedBy }) => (
        <select
          id={id}
          className={styles['input']}
          value={props.value}
          aria-describedby={describedBy}
          onChange={(event) => props.onChange(event.target.value)}
        >
          {!isKnown && <option value={props.value}>{props.value || '–'}</option>}
          {options.map(({ value, label }) => (
            <option key={value} value={value}>
              {label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

/** On or off. */
export function CheckField(props: {
  label: string;
  isOn: boolean;
  onChange: (on: boolean) => void;
  description?: string;
  isDisabled?: boolean;
}) {
  return (
    <label className={styles['check']}>
      <input
        type="checkbox"
        checked={props.isOn}
        disabled={props.isDisabled}
        onChange={(event) => props.onChange(event.target.checked)}
      />
      <span>
        {props.label}
        {props.description && <span className={styles['note']}>{props.description}</span>}
      </span>
    </label>
  );
}

/** A filter that works while one types. */
export function SearchField(props: {
  label: string;
  value: string;
  onChange: (text: string) => void;
}) {
  return (
    <span className={styles['search']}>
      <Search size={14} aria-hidden />
      <input
        type="search"
        className={styles['input']}
        aria-label={props.label}
        placeholder={props.label}
        value={props.value}
        spellCheck={false}
        onChange={(event) => props.onChange(event.target.value)}
      />
    </span>
  );
}
