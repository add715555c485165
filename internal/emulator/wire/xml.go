package wire

import (
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"unicode/utf8"
)

// iso8601 is how AWS writes a timestamp in XML: always UTC, milliseconds.
const iso8601 = "2006-01-02T15:04:05.000Z"

func (d queryDialect) appendAnswer(dst []byte, s *Service, op *operation, out reflect.Value, requestID string) ([]byte, error) {
	root := op.name + "Response"
	dst = appendRoot(dst, root, s)
	if d.flat {
		dst = appendElement(dst, "requestId", requestID)
	} else {
		dst = appendOpen(dst, op.name+"Result")
	}
	if out.IsValid() {
		var err error
		if dst, err = d.appendMembers(dst, op.out, out); err != nil {
			return nil, err
		}
	}
	if !d.flat {
		dst = appendClose(dst, op.name+"Result")
		dst = appendOpen(dst, "ResponseMetadata")
		dst = appendElement(dst, "RequestId", requestID)
		dst = appendClose(dst, "ResponseMetadata")
	}
	return appendClose(dst, root), nil
}

func (d queryDialect) appendFailure(dst []byte, s *Service, f *failure, requestID string) []byte {
	if d.flat {
		return appendFlatFailure(dst, f, requestID)
	}
	dst = appendRoot(dst, "ErrorResponse", s)
	dst = appendOpen(dst, "Error")
	fault := "Sender"
	if f.httpStatus() >= http.StatusInternalServerError {
		fault = "Receiver"
	}
	dst = appendElement(dst, "Type", fault)
	dst = appendElement(dst, "Code", f.code)
	dst = appendElement(dst, "Message", f.message)
	if f.plan != nil {
		for _, m := range f.plan.fields {
			if m.name == "Message" {
				continue
			}
			// See jsonDialect.appendFailure.
			if longer, err := d.appendMember(dst, m, f.members); err == nil {
				dst = longer
			}
		}
	}
	dst = appendClose(dst, "Error")
	dst = appendElement(dst, "RequestId", requestID)
	return appendClose(dst, "ErrorResponse")
}

// appendFlatFailure writes a failure as EC2 does: without namespace, type and members.
func appendFlatFailure(dst []byte, f *failure, requestID string) []byte {
	dst = append(dst, "<Response><Errors><Error>"...)
	dst = appendElement(dst, "Code", f.code)
	dst = appendElement(dst, "Message", f.message)
	dst = append(dst, "</Error></Errors>"...)
	dst = appendElement(dst, "RequestID", requestID)
	return appendClose(dst, "Response")
}

func (d queryDialect) appendMembers(dst []byte, p *plan, v reflect.Value) ([]byte, error) {
	var err error
	for i := range p.fields {
		if dst, err = d.appendMember(dst, p.fields[i], v); err != nil {
			return dst, err
		}
	}
	return dst, nil
}

func (d queryDialect) appendMember(dst []byte, f field, owner reflect.Value) ([]byte, error) {
	v, ok := f.present(owner.Field(f.index))
	if !ok {
		return dst, nil
	}
	d.item = cmp.Or(f.item, d.item)
	dst, err := d.appendValue(dst, f.name, f.plan, v)
	if err != nil {
		return dst, fmt.Errorf("%s: %w", f.name, err)
	}
	return dst, nil
}

func (d queryDialect) appendItem(dst []byte, name string, s slot, v reflect.Value) ([]byte, error) {
	v, err := s.element(v)
	if err != nil {
		return dst, err
	}
	return d.appendValue(dst, name, s.plan, v)
}

func (d queryDialect) appendValue(dst []byte, name string, p *plan, v reflect.Value) (_ []byte, err error) {
	dst = appendOpen(dst, name)
	switch p.kind {
	case kindString:
		dst = appendText(dst, v.String())
	case kindBool:
		dst = strconv.AppendBool(dst, v.Bool())
	case kindInt:
		dst = strconv.AppendInt(dst, v.Int(), 10)
	case kindFloat:
		dst = appendFloat(dst, v.Float())
	case kindTime:
		dst = timeOf(v).UTC().AppendFormat(dst, iso8601)
	case kindBlob:
		dst = base64.StdEncoding.AppendEncode(dst, v.Bytes())
	case kindStruct:
		dst, err = d.appendMembers(dst, p, v)
	case kindList:
		for i := 0; i < v.Len() && err == nil; i++ {
			dst, err = d.appendItem(dst, d.item, p.elem, v.Index(i))
		}
	case kindMap:
		dst, err = d.appendEntries(dst, p, v)
	case kindUnion:
		var alt *variant
		if alt, v, err = p.alternative(v); err == nil {
			dst, err = d.appendItem(dst, alt.name, alt.slot, v)
		}
	default:
		err = errors.New("documents are not part of this protocol")
	}
	return appendClose(dst, name), err
}

func (d queryDialect) appendEntries(dst []byte, p *plan, v reflect.Value) (_ []byte, err error) {
	for _, e := range sortedEntries(p, v) {
		dst = appendOpen(dst, "entry")
		dst = appendElement(dst, p.entry.Key, e.key)
		if dst, err = d.appendItem(dst, p.entry.Value, p.elem, e.value); err != nil {
			return dst, fmt.Errorf("[%q]: %w", e.key, err)
		}
		dst = appendClose(dst, "entry")
	}
	return dst, nil
}

func appendRoot(dst []byte, name string, s *Service) []byte {
	dst = append(dst, '<')
	dst = append(dst, name...)
	if s != nil && s.desc.Namespace != "" {
		dst = append(dst, ` xmlns="`...)
		dst = appendText(dst, s.desc.Namespace)
		dst = append(dst, '"')
	}
	return append(dst, '>')
}

func appendOpen(dst []byte, name string) []byte {
	dst = append(dst, '<')
	dst = append(dst, name...)
	return append(dst, '>')
}

func appendClose(dst []byte, name string) []byte {
	dst = append(dst, '<', '/')
	dst = append(dst, name...)
	return append(dst, '>')
}

func appendElement(dst []byte, name, text string) []byte {
	dst = appendOpen(dst, name)
	dst = appendText(dst, text)
	return appendClose(dst, name)
}

// appendText writes s as XML text. Characters which XML cannot carry at all
// become U+FFFD; a carriage return is escaped, or parsers would drop it.
func appendText(dst []byte, s string) []byte {
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == '&':
			dst = append(dst, "&amp;"...)
		case r == '<':
			dst = append(dst, "&lt;"...)
		case r == '>':
			dst = append(dst, "&gt;"...)
		case r == '"':
			dst = append(dst, "&quot;"...)
		case r == '\r':
			dst = append(dst, "&#xD;"...)
		case r < ' ' && r != '\t' && r != '\n', r == 0xFFFE, r == 0xFFFF, r == utf8.RuneError && n == 1:
			dst = append(dst, "\ufffd"...)
		default:
			dst = append(dst, s[i:i+n]...)
		}
		i += n
	}
	return dst
}
