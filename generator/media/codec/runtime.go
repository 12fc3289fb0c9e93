package codec

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// maxMemory is how many bytes one instance of a module may take: a picture of 50 megapixels that is coded in one piece with ten
// bits takes most of it.
const maxMemory = 3 << 30

// Errors of decoding that callers tell apart.
var (
	// ErrDamaged is of bytes that the decoder does not understand.
	ErrDamaged = errors.New("the decoder can't read it")
	// ErrEndless is of a picture that makes its decoder work far longer than its size explains.
	ErrEndless = errors.New("decoding does not come to an end")
)

// compile makes machine code of a packed module. It takes a moment, so it is done when a picture of the kind first turns up, and
// the code stays.
func compile(packed []byte, extend func(context.Context, wazero.Runtime) error) (wazero.Runtime, wazero.CompiledModule, error) {
	ctx := context.Background()
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, nil, err
	}
	code, err := io.ReadAll(z)
	if err != nil {
		return nil, nil, err
	}
	if code, err = metered(code); err != nil {
		return nil, nil, err
	}
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().WithMemoryLimitPages(maxMemory>>16))
	if err := extend(ctx, r); err != nil {
		return nil, nil, err
	}
	m, err := r.CompileModule(ctx, code)
	return r, m, err
}

// An instance is a module that runs, with memory of its own. After an error it is in no state to go on.
type instance struct {
	module api.Module
	funcs  map[string]api.Function
	fuel   api.MutableGlobal
}

// Turns of loops that a decoder may take: a picture and each of its pixels. Photos take 20 of the latter, noise of the highest quality 55.
const (
	fuelBase     = 20_000_000
	fuelPerPixel = 200
)

func newInstance(m api.Module) *instance {
	return &instance{m, map[string]api.Function{}, m.ExportedGlobal(fuel).(api.MutableGlobal)}
}

// allow lets the module work on a picture.
func (i *instance) allow(w, h int) { i.fuel.Set(fuelBase + fuelPerPixel*uint64(w)*uint64(h)) }

// call calls an exported function and returns its first result.
func (i *instance) call(ctx context.Context, name string, args ...uint64) (uint32, error) {
	f := i.funcs[name]
	if f == nil {
		if f = i.module.ExportedFunction(name); f == nil {
			return 0, fmt.Errorf("the module has no function %s", name)
		}
		i.funcs[name] = f
	}
	results, err := f.Call(ctx, args...)
	switch {
	case err == nil && len(results) > 0:
		return uint32(results[0]), nil
	case err == nil:
		return 0, nil
	case int64(i.fuel.Get()) < 0:
		return 0, ErrEndless
	}
	return 0, ErrDamaged // it crashed
}

// read copies a part of the module's memory to the outside.
func (i *instance) read(at, n uint32) ([]byte, error) {
	view, ok := i.module.Memory().Read(at, n)
	if !ok {
		return nil, ErrDamaged
	}
	return bytes.Clone(view), nil
}

// words reads n numbers of 32 bits.
func (i *instance) words(at uint32, n int) ([]uint32, error) {
	words := make([]uint32, n)
	for k := range words {
		v, ok := i.module.Memory().ReadUint32Le(at + 4*uint32(k))
		if !ok {
			return nil, ErrDamaged
		}
		words[k] = v
	}
	return words, nil
}

// onceModule compiles a module once.
type onceModule struct {
	once    sync.Once
	runtime wazero.Runtime
	code    wazero.CompiledModule
	err     error
}
