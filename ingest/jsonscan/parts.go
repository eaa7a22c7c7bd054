package jsonscan

// Part is a key of a JSON text, or a value that has no parts itself.
type Part struct {
	Kind     PartKind
	Depth    int // objects and arrays around it
	From, To int // its text; that of keys and strings without quotes
}

// PartKind is what a part is.
type PartKind uint8

// The kinds of parts.
const (
	KeyPart PartKind = iota
	StringPart
	ScalarPart // a number, true, false or null
)

// Parts shows the parts of buf, which is JSON that has been checked, in their order.
func Parts(buf []byte, visit func(Part)) {
	depth := 0
	for i := Blank(buf, 0); i < len(buf); i = Blank(buf, i) {
		p := Part{Kind: ScalarPart, Depth: depth, From: i}
		switch buf[i] {
		case '{', '[':
			depth++
			i++
			continue
		case '}', ']':
			depth--
			i++
			continue
		case ',', ':':
			i++
			continue
		case '"':
			i = String(buf, i)
			p.Kind, p.From, p.To = StringPart, p.From+1, i-1
			if next := Blank(buf, i); next < len(buf) && buf[next] == ':' {
				p.Kind = KeyPart
			}
		default:
			i = scalar(buf, i)
			p.To = i
		}
		visit(p)
	}
}
