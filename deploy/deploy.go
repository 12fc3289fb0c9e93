// Package deploy holds template.yaml, the whole AWS stack, and understands as much of CloudFormation as it takes to look at the
// stack without an account: [Template] is the text, [Evaluate] what would be made of it.
package deploy

import (
	_ "embed" // the template
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

//go:embed template.yaml
var template string

// Template returns the CloudFormation template. The functions' code is named by paths relative to its folder, for "aws
// cloudformation package".
func Template() []byte { return []byte(template) }

// A Stack is a template with its parameters, conditions and functions worked out.
type Stack struct {
	Parameters map[string]string   // values, as text
	Resources  map[string]Resource // by logical ID; without those whose condition does not hold
	Outputs    map[string]string

	values map[string]string
}

// Value returns what the template gets when it asks by a name: for "SiteBucket" what Ref gives, for "SiteBucket.Arn" the attribute.
func (s *Stack) Value(name string) string { return lookup(s.values, name) }

// A Resource is one resource of a [Stack].
type Resource struct {
	Type       string
	DependsOn  []string       // logical IDs
	Properties map[string]any // maps, lists and scalars, as in YAML
}

// Evaluate works out a template. A value is looked up by what is asked for: "Faces" is a parameter, "SiteBucket" what Ref gives
// for a resource, "SiteBucket.Arn" an attribute, "AWS::Region" a pseudo parameter. What values does not have is the parameter's
// default, an invented account in us-east-1, or the words that it was asked for by: "SiteBucket.Arn".
func Evaluate(template []byte, values map[string]string) (*Stack, error) {
	raw, err := Parse(template)
	if err != nil {
		return nil, err
	}
	e := evaluation{values: pseudo(), conditions: raw["Conditions"]}
	s := &Stack{Parameters: map[string]string{}, Resources: map[string]Resource{}, Outputs: map[string]string{}, values: e.values}
	for name, p := range Entries(raw["Parameters"]) {
		v, ok := values[name]
		if fallback := At(p, "Default"); !ok && fallback != nil {
			v = fmt.Sprint(fallback)
		}
		s.Parameters[name] = v
	}
	maps.Copy(e.values, s.Parameters)
	maps.Copy(e.values, values)
	for name, r := range Entries(raw["Resources"]) {
		if c, ok := At(r, "Condition").(string); ok && !e.condition(c) {
			continue
		}
		kind, _ := At(r, "Type").(string)
		properties, _ := e.value(At(r, "Properties")).(map[string]any)
		s.Resources[name] = Resource{Type: kind, DependsOn: texts(At(r, "DependsOn")), Properties: properties}
	}
	for name, o := range Entries(raw["Outputs"]) {
		s.Outputs[name] = fmt.Sprint(e.value(At(o, "Value")))
	}
	return s, e.err
}

func pseudo() map[string]string {
	return map[string]string{
		"AWS::AccountId": "111122223333", "AWS::Partition": "aws", "AWS::Region": "us-east-1", "AWS::StackName": "shoebox",
		"AWS::StackId": "arn:aws:cloudformation:us-east-1:111122223333:stack/shoebox/0", "AWS::URLSuffix": "amazonaws.com",
	}
}

// Parse reads a template into maps, lists and scalars. Short functions become long ones: !Ref X is {"Ref": "X"}.
func Parse(template []byte) (map[string]any, error) {
	var document yaml.Node
	if err := yaml.Unmarshal(template, &document); err != nil {
		return nil, fmt.Errorf("read the template: %w", err)
	}
	if len(document.Content) != 1 {
		return nil, fmt.Errorf("the template is empty")
	}
	v, err := decode(document.Content[0])
	if err != nil {
		return nil, err
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("the template is not a mapping")
	}
	return m, nil
}

// decode turns a node into a value, with short functions written long.
func decode(n *yaml.Node) (any, error) {
	var v any
	switch n.Kind {
	case yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i < len(n.Content); i += 2 {
			key := n.Content[i].Value
			if _, twice := m[key]; twice {
				return nil, fmt.Errorf("line %d of the template: %s is there twice", n.Content[i].Line, key)
			}
			value, err := decode(n.Content[i+1])
			if err != nil {
				return nil, err
			}
			m[key] = value
		}
		v = m
	case yaml.SequenceNode:
		list := []any{}
		for _, c := range n.Content {
			value, err := decode(c)
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
		v = list
	case yaml.ScalarNode:
		if strings.HasPrefix(n.Tag, "!!") {
			if err := n.Decode(&v); err != nil {
				return nil, fmt.Errorf("line %d of the template: %w", n.Line, err)
			}
			return v, nil
		}
		v = n.Value
	default:
		return nil, fmt.Errorf("line %d of the template: aliases are not for CloudFormation", n.Line)
	}
	switch name := strings.TrimPrefix(n.Tag, "!"); {
	case strings.HasPrefix(n.Tag, "!!") || n.Tag == "":
		return v, nil
	case name == "Ref" || name == "Condition":
		return map[string]any{name: v}, nil
	case name == "GetAtt":
		if text, ok := v.(string); ok {
			resource, attribute, _ := strings.Cut(text, ".")
			v = []any{resource, attribute}
		}
		return map[string]any{"Fn::GetAtt": v}, nil
	default:
		return map[string]any{"Fn::" + name: v}, nil
	}
}

// Entries returns v as a mapping; an empty one when it is something else.
func Entries(v any) map[string]any {
	m, _ := v.(map[string]any)
	return m
}

// At follows keys into mappings; nil when there is nothing.
func At(v any, keys ...string) any {
	for _, key := range keys {
		v = Entries(v)[key]
	}
	return v
}

// List returns v as a list: itself, a list of it alone, or nothing.
func List(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{v}
}

func texts(v any) []string {
	var all []string
	for _, one := range List(v) {
		all = append(all, fmt.Sprint(one))
	}
	return all
}

// nothing is the value of AWS::NoValue: whatever has it is left out.
type nothing struct{}

// An evaluation works out values.
type evaluation struct {
	values     map[string]string
	conditions any
	err        error // the first
}

func (e *evaluation) fail(format string, arguments ...any) any {
	if e.err == nil {
		e.err = fmt.Errorf(format, arguments...)
	}
	return nothing{}
}

func (e *evaluation) condition(name string) bool {
	c, ok := Entries(e.conditions)[name]
	if !ok {
		e.fail("there is no condition %s", name)
		return false
	}
	return e.truth(c)
}

// truth works out a condition function.
func (e *evaluation) truth(v any) bool {
	name, argument := function(v)
	list := List(argument)
	switch name {
	case "Condition":
		return e.condition(fmt.Sprint(argument))
	case "Fn::Equals":
		return len(list) == 2 && fmt.Sprint(e.value(list[0])) == fmt.Sprint(e.value(list[1]))
	case "Fn::Not":
		return len(list) == 1 && !e.truth(list[0])
	case "Fn::And":
		return !slices.ContainsFunc(list, func(c any) bool { return !e.truth(c) })
	case "Fn::Or":
		return slices.ContainsFunc(list, e.truth)
	}
	e.fail("%v is not a condition", v)
	return false
}

// function returns the name and argument of a function, which is a mapping with one key.
func function(v any) (name string, argument any) {
	m := Entries(v)
	if len(m) != 1 {
		return "", nil
	}
	for name, argument = range m {
		if name == "Ref" || name == "Condition" || strings.HasPrefix(name, "Fn::") {
			return name, argument
		}
	}
	return "", nil
}

// lookup returns what Ref and Fn::GetAtt give.
func lookup(values map[string]string, name string) string {
	v, ok := values[name]
	switch {
	case ok:
		return v
	case strings.HasSuffix(name, ".FunctionUrl"):
		return "https://" + name + "/" // the template takes it apart
	}
	return name
}

// value works out a value.
func (e *evaluation) value(v any) any {
	switch name, argument := function(v); name {
	case "":
	case "Condition":
		return map[string]any{name: e.value(argument)} // a policy's, not ours
	default:
		return e.call(name, argument)
	}
	switch v := v.(type) {
	case map[string]any:
		m := map[string]any{}
		for key, one := range v {
			if worked := e.value(one); worked != (nothing{}) {
				m[key] = worked
			}
		}
		return m
	case []any:
		list := []any{}
		for _, one := range v {
			if worked := e.value(one); worked != (nothing{}) {
				list = append(list, worked)
			}
		}
		return list
	}
	return v
}

func (e *evaluation) call(name string, argument any) any {
	list := List(argument)
	switch {
	case name == "Ref" && argument == "AWS::NoValue":
		return nothing{}
	case name == "Ref":
		return lookup(e.values, fmt.Sprint(argument))
	case name == "Fn::GetAtt" && len(list) == 2:
		return lookup(e.values, fmt.Sprint(list[0], ".", list[1]))
	case name == "Fn::If" && len(list) == 3:
		if e.condition(fmt.Sprint(list[0])) {
			return e.value(list[1])
		}
		return e.value(list[2])
	case name == "Fn::Sub" && len(list) > 0:
		own := map[string]any{}
		if len(list) == 2 {
			own = Entries(list[1])
		}
		return e.substitute(fmt.Sprint(list[0]), own)
	case name == "Fn::Join" && len(list) == 2:
		return strings.Join(texts(e.value(list[1])), fmt.Sprint(list[0]))
	case name == "Fn::Split" && len(list) == 2:
		var parts []any
		for part := range strings.SplitSeq(fmt.Sprint(e.value(list[1])), fmt.Sprint(list[0])) {
			parts = append(parts, part)
		}
		return parts
	case name == "Fn::Select" && len(list) == 2:
		index, ok := list[0].(int)
		from := List(e.value(list[1]))
		if !ok || index < 0 || index >= len(from) {
			return e.fail("Fn::Select has no element %v of %v", list[0], from)
		}
		return from[index]
	}
	return e.fail("%s of %v is not understood", name, argument)
}

// substitute replaces ${names} in a text.
func (e *evaluation) substitute(text string, own map[string]any) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "${")
		b.WriteString(before)
		name, after, closed := strings.Cut(rest, "}")
		if !found || !closed {
			return b.String()
		}
		if v, ok := own[name]; ok {
			fmt.Fprint(&b, e.value(v))
		} else {
			b.WriteString(lookup(e.values, name))
		}
		text = after
	}
}
