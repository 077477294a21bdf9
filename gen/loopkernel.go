package main

import (
	"fmt"
	"strings"
)

// param is a parameter of a kernel: a slice, or a scalar.
type param struct {
	name   string
	scalar bool
	write  bool // the kernel writes it
}

func in(name string) param     { return param{name: name} }
func out(name string) param    { return param{name: name, write: true} }
func scalar(name string) param { return param{name: name, scalar: true} }

// loopKernel is a kernel over the elements of slices of one length, that of the first.
type loopKernel struct {
	name   string // of the table's field
	params []param
	doc    string // what it does to an element, or returns
	body   func(b *builder)
	unroll int     // vectors a round of a map
	fold   opcode  // of a reduction; else 0
	start  float64 // of the lanes of a reduction
	none   string  // what a reduction of nothing is; 0 if it is not said
	few    int     // unroll on machines with few registers, if not 0
	nt     bool    // a map: there is one that stores past the caches as well
	ahead  bool    // that one reads what follows the inputs, as long as they are, into a cache
	easy   *easy   // a map: of fewer operations for most numbers
}

func (k *loopKernel) symbol(t target, d dtype) string {
	return strings.ToLower(k.name[:1]) + k.name[1:] + d.suffix + t.suffix
}

// writeNT returns the field's assignment in the table of kernels that store past the
// caches, which is the same function with a flag; short slices never have that. "" if it
// is not worth it.
func (k *loopKernel) writeNT(f loopFile, t target, d dtype) string {
	if !k.nt || !t.streaming {
		return ""
	}
	return k.assignment(f, t, d, "pastCaches")
}

// assignment is that of a map's field.
func (k *loopKernel) assignment(f loopFile, t target, d dtype, flag string) string {
	return fmt.Sprintf("\tk.%s = %s(%s, %s)\n", k.name, faceOf(k.params, d), f.codeAddresses().address(d, k.symbol(t, d)), flag)
}

// write adds the function and returns the field's assignment.
func (k *loopKernel) write(f loopFile, t target, d dtype) string {
	var sig, face, args, cut, race []string
	first := ""
	for _, p := range k.params {
		if p.scalar {
			sig, face, args = append(sig, p.name+" "+d.goName), append(face, p.name+" "+d.goName), append(args, p.name)
			continue
		}
		sig, face, args = append(sig, p.name+" *"+d.goName), append(face, p.name+" []"+d.goName), append(args, "&"+p.name+"[0]")
		if first == "" {
			first = p.name
		} else {
			cut = append(cut, fmt.Sprintf("%[1]s = %[1]s[:len(%[2]s):len(%[1]s)]\n", p.name, first))
		}
		if p.write {
			race = append(race, fmt.Sprintf("raceWrite(%s)\n", p.name))
		} else {
			race = append(race, fmt.Sprintf("raceRead(%s)\n", p.name))
		}
	}
	returns, none := "", "0"
	if k.fold != 0 {
		returns = " " + d.goName
		if k.none != "" {
			none = fmt.Sprintf(k.none, d.goName)
		}
	}
	name, doc, flag := k.symbol(t, d), k.doc, ""
	if k.nt && t.streaming {
		flag = "n"
		doc += fmt.Sprintf(" With n | 1<<63 it stores past the caches; n is at least %d then.", alignedFrom/d.size)
		if k.ahead {
			doc += " It also fetches the n elements that follow the inputs."
		}
	}
	m := f.function(d, name, fmt.Sprintf("func(%s, n int)%s", strings.Join(sig, ", "), returns), name+" "+doc)
	b := newBuilder(m)
	k.body(b)
	streams := map[string]ireg{}
	var order []string
	for _, p := range k.params {
		if !p.scalar {
			streams[p.name] = m.arg(p.name)
			order = append(order, p.name)
		}
	}
	n := m.arg("n")
	if flag != "" {
		m.clearSign(n)
	}
	if k.fold == 0 {
		unroll := k.unroll
		if k.few > 0 && t.registers < 16 {
			unroll = k.few
		}
		body := newBody(b, order, streams, 0)
		if k.easy != nil && m.has(opGuard) {
			body.addEasy(k.easy, unroll)
			body.easy.invariants(nil)
		} else {
			body.fit(unroll)
		}
		body.invariants(nil)
		var ahead []string
		if k.ahead && flag != "" {
			ahead = order[1:]
		}
		if t.streaming && (unroll > 1 || flag != "") {
			body.mapAligned(n, unroll, flag, ahead)
		} else {
			body.mapLoop(n, unroll, nil)
		}
	} else {
		body := newBody(b, order, streams, laneBytes/m.vectorBytes())
		body.start = []uint64{d.bits(k.start)}
		body.fit(laneBytes / m.vectorBytes())
		body.invariants(nil)
		body.reduceAligned(n, k.fold)
		m.result(body.acc[0][0])
	}
	m.ret()
	if k.fold == 0 {
		return k.assignment(f, t, d, "0")
	}
	return fmt.Sprintf(`	k.%[1]s = func(%[2]s) %[3]s {
		%[4]sif raceEnabled {
			%[5]s}
		if len(%[6]s) == 0 {
			return %[9]s
		}
		return %[7]s(%[8]s, len(%[6]s))
	}
`, k.name, strings.Join(face, ", "), d.goName, strings.Join(cut, ""), strings.Join(race, ""), first, name, strings.Join(args, ", "), none)
}

// writer is a kernel that can write itself.
type writer interface {
	write(f loopFile, t target, d dtype) string
}

// writerNT is one that has a form that stores past the caches.
type writerNT interface {
	writeNT(f loopFile, t target, d dtype) string
}

// loopFamily writes kernels of one table, in files of one stem, for every target.
func loopFamily(stem, table string, kernels ...writer) func() ([]file, error) {
	return func() (all []file, err error) {
		for _, t := range targets {
			f := t.open(stem)
			for _, d := range dtypes {
				var faces, facesNT strings.Builder
				for _, k := range kernels {
					faces.WriteString(k.write(f, t, d))
					if nt, ok := k.(writerNT); ok {
						facesNT.WriteString(nt.writeNT(f, t, d))
					}
				}
				use := func(nt, faces string) {
					if strings.Contains(faces, "codes[") {
						faces = fmt.Sprintf("\tcodes := %s()\n", f.codeAddresses().codes(d)) + faces
					}
					name := strings.ToUpper(stem[:1]) + stem[1:] + nt + d.suffix + t.suffix
					f.source(fmt.Sprintf("\nfunc use%s(k *%s[%s]) {\n%s}", name, table, d.goName, faces))
				}
				use("", faces.String())
				if facesNT.Len() > 0 {
					use("NT", facesNT.String())
				}
			}
			files, err := f.render()
			if err != nil {
				return nil, err
			}
			all = append(all, files...)
		}
		return all, nil
	}
}
