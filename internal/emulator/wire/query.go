package wire

import (
	"cmp"
	"encoding/base64"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// queryDialect is the family of protocols with a form in and XML out. Its fields
// are where the members of the family differ; EC2's is {flat: true, item: "item"}
// with its own failures.
type queryDialect struct {
	proto Protocol
	item  string // element of a list in an answer
	// flat says that a list's elements follow its name without a word between
	// (Filter.1), and that an answer has no Result element around its members.
	flat bool
	list string // that word, where there is one (Filter.member.1)
}

// awsQuery and ec2Query are constants in all but syntax.
var (
	awsQuery = queryDialect{proto: AWSQuery, item: "member", list: "member"}
	ec2Query = queryDialect{proto: EC2Query, item: "item", flat: true}
)

// ec2Version is the version of EC2's API, by which a request without a signature is known.
const ec2Version = "2016-11-15"

func (d queryDialect) protocol() Protocol { return d.proto }
func (queryDialect) contentType() string  { return "text/xml" }
func (queryDialect) errorHeader() bool    { return false }

// parse adds the form in the body to the parameters of the query string.
func (d queryDialect) parse(in *input) *failure {
	if in.method != http.MethodPost && in.method != http.MethodGet {
		return &failure{code: "InvalidAction", message: "The method " + in.method + " is not supported."}
	}
	if in.method == http.MethodPost && len(in.body) > 0 {
		form, err := url.ParseQuery(string(in.body))
		if err != nil {
			return &failure{code: "MalformedQueryString", message: "The request body is not a valid form."}
		}
		for k, v := range in.form {
			if _, ok := form[k]; !ok {
				form[k] = v
			}
		}
		in.form = form
	}
	if in.form.Get("Action") == "" {
		return &failure{code: "MissingAction", message: "The request must contain the parameter Action"}
	}
	return nil
}

func (queryDialect) target(in *input) (version, operation string) {
	version, operation = in.form.Get("Version"), in.form.Get("Action")
	return cmp.Or(version, "NO_VERSION_SPECIFIED"), operation
}

// routes needs the scope because two services may share a version, and the
// version because two services may share a name (the two load balancers do). A
// request without a signature has only its version.
func (queryDialect) routes(s *Service, version string, sc scope) bool {
	return version == s.desc.Version && (sc.service == "" || sc.service == s.desc.Name)
}

// translate renames the failures which this family calls differently.
func (queryDialect) translate(f *failure) {
	switch f.code {
	case codeUnknownOperation:
		f.code = "InvalidAction"
	case codeSerialization:
		f.code = "MalformedInput"
	case codeMissingToken:
		f.code, f.message, f.status = "MissingAuthenticationToken", "Request is missing Authentication Token", http.StatusForbidden
	case codeIncomplete:
		f.code = "IncompleteSignature"
	case codeTooLarge:
		f.code = "RequestEntityTooLarge"
	}
}

// A param is one parameter of a form. The dots of its key are replaced by NUL:
// in this order the parameters of one member are neighbours, which they are not
// when a dot sorts after a dash.
type param struct{ key, value string }

const sep = "\x00"

// A form is sorted parameters which agree in the first skip bytes of their keys.
type form struct {
	params []param
	skip   int
	depth  int
}

func (d queryDialect) decode(in *input, p *plan, v reflect.Value) error {
	params := make([]param, 0, len(in.form))
	for k, values := range in.form {
		if strings.Contains(k, sep) {
			return malformed("A parameter name contains a NUL character")
		}
		params = append(params, param{strings.ReplaceAll(k, ".", sep), values[0]})
	}
	slices.SortFunc(params, func(a, b param) int { return strings.Compare(a.key, b.key) })
	return d.structure(form{params: params}, p, v)
}

// each calls member for each first segment of the keys that remain, with the
// parameters below it. A parameter whose key is the segment itself is first
// among them; below its key has been used up, see own.
func (f form) each(member func(name string, below form) error) error {
	for i := 0; i < len(f.params); {
		name, _, _ := strings.Cut(f.params[i].key[f.skip:], sep)
		end := f.skip + len(name)
		j := i + 1
		for j < len(f.params) && inside(f.params[j].key, f.params[i].key[:end]) {
			j++
		}
		below := form{params: f.params[i:j], skip: end, depth: f.depth + 1}
		if below.depth > MaxDepth {
			return malformed("The request is nested deeper than %d levels.", MaxDepth)
		}
		if err := member(name, below); err != nil {
			return err
		}
		i = j
	}
	return nil
}

func inside(key, prefix string) bool {
	return strings.HasPrefix(key, prefix) && (len(key) == len(prefix) || key[len(prefix)] == sep[0])
}

// own splits off the parameter which is the value of this place itself.
func (f form) own() (value string, has bool, below form) {
	if first := f.params[0]; len(first.key) == f.skip {
		value, has = first.value, true
		f.params = f.params[1:]
	}
	f.skip++ // the separator
	return value, has, f
}

func (d queryDialect) value(f form, p *plan, v reflect.Value) error {
	value, has, below := f.own()
	scalar := p.kind <= kindBlob
	switch {
	case scalar && (!has || len(below.params) > 0):
		return malformed("Unexpected complex element termination")
	case scalar:
		return d.scalar(value, p, v)
	case has && value != "":
		return malformed("Top level element may not be treated as a list or structure")
	}
	switch p.kind {
	case kindStruct:
		return d.structure(below, p, v)
	case kindList:
		return d.sequence(below, p, v)
	case kindMap:
		return d.mapping(below, p, v)
	case kindUnion:
		return d.union(below, p, v)
	default:
		return malformed("Documents are not part of this protocol")
	}
}

// union reads a structure with exactly one member that is an alternative.
func (d queryDialect) union(f form, p *plan, v reflect.Value) error {
	found := 0
	err := f.each(func(name string, below form) error {
		alt := p.variantNamed(name)
		if alt == nil {
			return nil
		}
		found++
		held := reflect.New(alt.typ.Elem())
		v.Set(held)
		return d.value(below, alt.slot.plan, alt.slot.allocate(held.Elem().Field(0)))
	})
	if err == nil && found != 1 {
		return errAlternatives(found)
	}
	return err
}

func (d queryDialect) structure(f form, p *plan, v reflect.Value) error {
	return f.each(func(name string, below form) error {
		m := p.field(name)
		if m == nil {
			return nil
		}
		return d.value(below, m.plan, m.allocate(v.Field(m.index)))
	})
}

// sequence reads a list. The word between its name and the numbers is a level of
// its own. Numbers give the order only: gaps close, as in AWS.
func (d queryDialect) sequence(f form, p *plan, v reflect.Value) error {
	v.Set(reflect.MakeSlice(p.typ, 0, 0))
	if !d.flat && len(f.params) > 0 {
		inner, err := f.only(d.list)
		if err != nil {
			return err
		}
		f = inner
	}
	items, err := f.numbered()
	if err != nil {
		return err
	}
	v.Set(reflect.MakeSlice(p.typ, len(items), len(items)))
	for i, item := range items {
		if err := d.value(item.form, p.elem.plan, p.elem.allocate(v.Index(i))); err != nil {
			return err
		}
	}
	return nil
}

// only descends into the single segment that is allowed here.
func (f form) only(word string) (form, error) {
	var inner form
	err := f.each(func(name string, below form) error {
		if name != word {
			return malformed("Unexpected list element termination")
		}
		_, has, rest := below.own()
		if has {
			return malformed("Unexpected list element termination")
		}
		inner = rest
		return nil
	})
	return inner, err
}

type numberedForm struct {
	form
	n int
}

// numbered returns what is below the numbers that come next, in their order.
func (f form) numbered() ([]numberedForm, error) {
	var items []numberedForm
	err := f.each(func(name string, below form) error {
		n, err := strconv.Atoi(name)
		if err != nil || n < 1 || strconv.Itoa(n) != name {
			return malformed("Key is not a valid list index: %s", name)
		}
		items = append(items, numberedForm{below, n})
		return nil
	})
	slices.SortFunc(items, func(a, b numberedForm) int { return cmp.Compare(a.n, b.n) })
	return items, err
}

// mapping reads X.entry.N.key and X.entry.N.value, or what a service calls
// the two.
func (d queryDialect) mapping(f form, p *plan, v reflect.Value) error {
	m := reflect.MakeMap(p.typ)
	v.Set(m)
	if len(f.params) == 0 {
		return nil
	}
	inner, err := f.only("entry")
	if err != nil {
		return err
	}
	items, err := inner.numbered()
	if err != nil {
		return err
	}
	for _, item := range items {
		key, value := reflect.New(p.typ.Key()).Elem(), reflect.New(p.typ.Elem()).Elem()
		_, _, below := item.own()
		err := below.each(func(name string, part form) error {
			switch name {
			case p.entry.Key:
				s, _, _ := part.own()
				key.SetString(s)
			case p.entry.Value:
				return d.value(part, p.elem.plan, p.elem.allocate(value))
			}
			return nil
		})
		if err != nil {
			return err
		}
		if p.elem.pointer && value.IsNil() {
			return malformed("A map entry has no value")
		}
		m.SetMapIndex(key, value)
	}
	return nil
}

func (d queryDialect) scalar(s string, p *plan, v reflect.Value) error {
	ok := true
	switch p.kind {
	case kindString:
		// A form can say what XML cannot: that is for the handler to refuse.
		v.SetString(strings.ToValidUTF8(s, "\ufffd"))
	case kindBool:
		ok = s == "true" || s == "false"
		v.SetBool(s == "true")
	case kindInt:
		n, err := strconv.ParseInt(s, 10, p.typ.Bits())
		ok = err == nil
		v.SetInt(n)
	case kindFloat:
		ok = setNamedFloat(v, s) || isDecimal(s) && setFloat(v, s)
	case kindTime:
		t, err := time.Parse(time.RFC3339Nano, s)
		ok = err == nil
		v.Set(reflect.ValueOf(t.UTC()))
	case kindBlob:
		b, err := base64.StdEncoding.DecodeString(s)
		ok = err == nil
		v.SetBytes(b)
	default: // no scalar
	}
	if !ok {
		return malformed("The value %q can not be converted to %s", s, p.scalarName())
	}
	return nil
}

// isDecimal keeps out what Go takes for a number and AWS does not: hexadecimal,
// underscores, "inf".
func isDecimal(s string) bool {
	return s != "" && strings.Trim(s, "+-0123456789.eE") == ""
}

func (p *plan) scalarName() string {
	switch p.kind {
	case kindBool:
		return "a Boolean"
	case kindTime:
		return "a Timestamp"
	case kindBlob:
		return "a Blob"
	default:
		return p.numberName()
	}
}
