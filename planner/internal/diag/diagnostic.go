package diag

import (
	"fmt"
	"strconv"
)

// Pos is a place in a source text. Line and Col count from 1; Col counts code
// points, a tab being one. Offset is the byte offset from 0. All three refer to
// the text as the user wrote it, also where a variable was expanded.
type Pos struct {
	Offset int
	Line   int
	Col    int
}

// Valid reports whether the place is known.
func (p Pos) Valid() bool { return p.Line > 0 }

// Before orders places within one source.
func (p Pos) Before(q Pos) bool {
	if p.Line != q.Line {
		return p.Line < q.Line
	}
	return p.Col < q.Col
}

func (p Pos) String() string { return strconv.Itoa(p.Line) + ":" + strconv.Itoa(p.Col) }

// Severity tells errors, which stop the statement, from warnings, which do not.
type Severity uint8

// The severities.
const (
	SeverityError Severity = iota
	SeverityWarning
)

func (s Severity) String() string {
	if s == SeverityWarning {
		return "warning"
	}
	return "error"
}

// Kind classifies a diagnostic for tests and for callers that react to it. It
// is never printed.
type Kind string

// The kinds. The first group comes from the parser, the second from binder and
// planner.
const (
	Syntax     Kind = "syntax"     // the text is not of the grammar
	Refused    Kind = "refused"    // known SQL that is not supported, named
	Literal    Kind = "literal"    // a literal out of range or malformed
	Limit      Kind = "limit"      // nesting, length or size beyond the limits
	Variable   Kind = "variable"   // ${NAME} without a value
	Annotation Kind = "annotation" // -- @key: value unknown, malformed, out of place

	UnknownSource   Kind = "unknown_source"
	UnknownColumn   Kind = "unknown_column"
	UnknownFunction Kind = "unknown_function"
	UnknownType     Kind = "unknown_type"
	UnknownKey      Kind = "unknown_key"
	UnknownName     Kind = "unknown_name"
	MissingKey      Kind = "missing_key"
	Ambiguous       Kind = "ambiguous"
	Duplicate       Kind = "duplicate"
	Type            Kind = "type"
	Arity           Kind = "arity"
	Aggregate       Kind = "aggregate"
	Window          Kind = "window"
	Value           Kind = "value" // a value of a key or an argument that cannot be
	Unbounded       Kind = "unbounded"
	NoEffect        Kind = "no_effect"  // accepted but without effect here
	Cycle           Kind = "cycle"      // streams that read each other
	Suspicious      Kind = "suspicious" // legal, but likely not what is meant
)

// Diagnostic is one statement error or warning. It is an error; its text is one
// line, `app.sql:12:9: unknown column "prise"`, and Render gives the long form.
type Diagnostic struct {
	Severity Severity
	Kind     Kind
	// Source is the file's name as the user gave it, or "query".
	Source string
	Pos
	// Message is lower case, values last, without the place.
	Message string
	// Hint is what to do next; empty when there is nothing better to say.
	Hint string
}

// Errorf makes an error at a place.
func Errorf(kind Kind, source string, at Pos, format string, args ...any) Diagnostic {
	return Diagnostic{Kind: kind, Source: source, Pos: at, Message: fmt.Sprintf(format, args...)}
}

// Warnf makes a warning at a place.
func Warnf(kind Kind, source string, at Pos, format string, args ...any) Diagnostic {
	d := Errorf(kind, source, at, format, args...)
	d.Severity = SeverityWarning
	return d
}

// WithHint returns the diagnostic with a hint.
func (d Diagnostic) WithHint(format string, args ...any) Diagnostic {
	d.Hint = fmt.Sprintf(format, args...)
	return d
}

// Place is `source:line:col`, or the source alone when the place is unknown.
func (d Diagnostic) Place() string {
	if !d.Valid() {
		return d.Source
	}
	return d.Source + ":" + d.Pos.String()
}

// Error is the one-line form without severity and hint.
func (d Diagnostic) Error() string {
	if p := d.Place(); p != "" {
		return p + ": " + d.Message
	}
	return d.Message
}

// String is the one-line form; it keeps the embedded place from standing for
// the whole in %v.
func (d Diagnostic) String() string { return d.Severity.String() + ": " + d.Error() }
