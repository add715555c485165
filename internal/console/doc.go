// Package console is what people and programs see of Handover: plain progress, the summary, the text of a status, and the documents of --output json
// and jsonl. It turns what an operation says of itself into documents (Narrator), and documents into lines (Plain, JSON, Summary).
//
// The rules of the terminal output:
//   - Results go to stdout, all else to stderr: progress, questions, warnings, errors.
//   - Everything that is told is a Document first. Text and JSON are two ways to print the same document, so neither knows more than the other.
//   - Every document follows docs/schema/handover-1.json.
//   - Plain progress is one line for each change: the provider's wall time, the time since the beginning as m:ss, a word, a text, and key=value pairs to
//     grep for. It has no escape sequences, with no setting; only --progress tty has, which repaints a picture in place. Nothing is said twice; after a minute of silence what is waited for is said again.
//   - Colour is never the only carrier: each state also has a word. Where the locale is not UTF-8, glyphs are ASCII.
//   - An error is one line, "handover: error: …", lower case and without a full stop; what can be done about it follows in "hint: …" lines.
//   - Who and where come first: account, Region, cluster and caller are in the first line. What runs on the emulator says so.
//   - Times are those of the provider, never of this machine. A task is shown by the first six digits of its id.
//
// But for live.go, which shows a run on a terminal, the package has no clock and no goroutine. It knows neither cobra nor the AWS SDK nor where an operation runs.
package console
