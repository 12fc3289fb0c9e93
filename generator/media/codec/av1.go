package codec

import (
	"context"
	"errors"
	"fmt"
	"image"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// An AV1 decodes pictures coded with AV1. It is for one goroutine, and is to be closed.
type AV1 struct {
	*instance
	heap    uint32 // where the module's memory ends that it has asked for
	decoder uint32 // the module's own handle
}

// ErrVariant is of pictures that the module was not built for: it decodes eight bits with one sample of colour for 2 x 2 pixels.
var ErrVariant = errors.New("this variant of AV1 (more than 8 bits, or not 4:2:0) is not read")

// CheckAV1 returns ErrVariant when the property av1C tells of a picture that can't be decoded.
func CheckAV1(config []byte) error {
	// After two bytes: tier, high bit depth, twelve bits, monochrome, subsampling in x and in y.
	if len(config) > 2 && config[2]&0x7c != 0x0c {
		return ErrVariant
	}
	return nil
}

var av1Module onceModule

// stackEnd is where the module's stack ends, and its heap begins (dav1d.js 0.1.1, dav1d.js).
const stackEnd = 5626096

// Decode decodes one picture: config is the content of the property av1C, data the bytes of its item. It must have w x h pixels. A
// context that is done is noticed only between pictures.
func (d *AV1) Decode(ctx context.Context, config, data []byte, w, h int) (Picture, error) {
	s, ok := findSequence(config, data)
	if !ok {
		return Picture{}, fmt.Errorf("%w: it lacks its parameters", ErrDamaged)
	}
	if s.width != w || s.height != h {
		return Picture{}, fmt.Errorf("the file says %d x %d pixels, the coded picture %d x %d", w, h, s.width, s.height)
	}
	if s.depth != 8 || s.grey || s.subX != 2 || s.subY != 2 {
		return Picture{}, ErrVariant
	}
	// The module can't be told to forget a picture: there is a new one for each.
	d.Close()
	defer d.Close()
	m, err := d.decode(ctx, data, s)
	return Picture{m, s.colours}, err
}

// Close gives back the memory. The decoder may be used again.
func (d *AV1) Close() {
	if d.instance != nil {
		_ = d.module.Close(context.Background())
		d.instance = nil
	}
}

type av1Key struct{}

// imports are the functions that the module asks for. It was made for several threads, of which there is one.
func imports(ctx context.Context, r wazero.Runtime) error {
	env := r.NewHostModuleBuilder("env")
	env.NewFunctionBuilder().WithFunc(func(ctx context.Context, m api.Module, increment int32) int32 {
		d, ok := ctx.Value(av1Key{}).(*AV1)
		if !ok || increment < 0 {
			return -1
		}
		end := uint64(d.heap) + uint64(increment)
		if size := uint64(m.Memory().Size()); end > size {
			if _, ok := m.Memory().Grow(uint32((end - size + 0xffff) >> 16)); !ok {
				return -1
			}
		}
		old := d.heap
		d.heap = uint32(end)
		return int32(old)
	}).Export("sbrk")
	env.NewFunctionBuilder().WithFunc(func(_ context.Context, m api.Module, to, from, n uint32) uint32 {
		src, ok := m.Memory().Read(from, n)
		if !ok || !m.Memory().Write(to, src) {
			panic(ErrDamaged)
		}
		return to
	}).Export("emscripten_memcpy_big")
	for _, name := range []string{"pthread_cond_signal", "pthread_cond_destroy", "pthread_cond_broadcast"} {
		env.NewFunctionBuilder().WithFunc(func(int32) int32 { return 0 }).Export(name)
	}
	for _, name := range []string{"pthread_cond_wait", "pthread_cond_init", "pthread_join"} {
		env.NewFunctionBuilder().WithFunc(func(int32, int32) int32 { return 0 }).Export(name)
	}
	env.NewFunctionBuilder().WithFunc(func(int32, int32, int32, int32) int32 { return 0 }).Export("pthread_create")
	_, err := env.Instantiate(ctx)
	return err
}

func (d *AV1) open(ctx context.Context) error {
	av1Module.once.Do(func() {
		av1Module.runtime, av1Module.code, av1Module.err = compile(dav1dModule, imports)
	})
	if av1Module.err != nil {
		return av1Module.err
	}
	m, err := av1Module.runtime.InstantiateModule(ctx, av1Module.code, wazero.NewModuleConfig().WithName("").WithStartFunctions())
	if err != nil {
		return err
	}
	d.instance = newInstance(m)
	d.heap = stackEnd
	return nil
}

func (d *AV1) decode(ctx context.Context, data []byte, s sequence) (image.Image, error) {
	ctx = context.WithValue(ctx, av1Key{}, d)
	if err := d.open(ctx); err != nil {
		return nil, err
	}
	d.allow(s.width, s.height)
	var err error
	if d.decoder, err = d.call(ctx, "djs_init"); err != nil {
		return nil, err
	}
	in, err := d.call(ctx, "djs_alloc_obu", uint64(len(data)))
	if err != nil {
		return nil, err
	}
	if d.decoder == 0 || in == 0 || !d.module.Memory().Write(in, data) {
		return nil, errors.New("there is not enough memory for it")
	}
	luma, chroma := s.width*s.height, (s.width+1)/2*((s.height+1)/2)
	const asPlanes = 0
	frame, err := d.call(ctx, "djs_decode_obu", uint64(d.decoder), uint64(in), uint64(len(data)), asPlanes)
	if err != nil {
		return nil, err
	}
	if frame == 0 {
		return nil, ErrDamaged
	}
	said, err := d.words(frame, 4) // width, height, size, address
	if err != nil {
		return nil, err
	}
	if int(said[0]) != s.width || int(said[1]) != s.height || int(said[2]) != luma+2*chroma {
		return nil, ErrDamaged
	}
	pix, err := d.read(said[3], said[2])
	if err != nil {
		return nil, err
	}
	return &image.YCbCr{Y: pix[:luma:luma], Cb: pix[luma : luma+chroma : luma+chroma], Cr: pix[luma+chroma:], YStride: s.width,
		CStride: (s.width + 1) / 2, SubsampleRatio: image.YCbCrSubsampleRatio420, Rect: image.Rect(0, 0, s.width, s.height)}, nil
}
