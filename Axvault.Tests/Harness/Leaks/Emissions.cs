using System.Buffers.Binary;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Axvault.Tests.Harness.Leaks;

/// <summary>Everything that the servers of a run emitted, in a temporary file, because it is too large for memory. Safe for concurrent use.</summary>
internal sealed class Emissions : IDisposable
{
    // Channel, number of the source, length.
    private const int HeaderBytes = 1 + 4 + 4;
    private const int BufferBytes = 1 << 20;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _sources = [];
    private readonly FileStream _spool = new(
        Path.Combine(Path.GetTempPath(), $"axvault-test-emissions-{Guid.NewGuid():N}"),
        new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.None,
            Options = FileOptions.DeleteOnClose,
            BufferSize = BufferBytes,
        }
    );

    /// <summary>The number of bytes kept, headers included.</summary>
    public long Length
    {
        get
        {
            lock (_lock)
            {
                return _spool.Length;
            }
        }
    }

    /// <summary>Keeps a text.</summary>
    public void Append(EmissionChannel channel, string source, string text) => Append(channel, source, Encoding.UTF8.GetBytes(text));

    /// <summary>Keeps one emission. A secret that begins in one emission and ends in the next is not found.</summary>
    /// <param name="channel">The way it left the server.</param>
    /// <param name="source">The program and test it comes from, shown in the report of a leak.</param>
    /// <param name="bytes">The emitted bytes.</param>
    public void Append(EmissionChannel channel, string source, ReadOnlySpan<byte> bytes)
    {
        Span<byte> header = stackalloc byte[HeaderBytes];
        header[0] = (byte)channel;
        BinaryPrimitives.WriteInt32LittleEndian(header[5..], bytes.Length);
        lock (_lock)
        {
            if (!_sources.TryGetValue(source, out var number))
            {
                _sources.Add(source, number = _sources.Count);
            }

            BinaryPrimitives.WriteInt32LittleEndian(header[1..], number);
            _spool.Write(header);
            _spool.Write(bytes);
        }
    }

    /// <summary>Reads the emissions so far, in order. The bytes of an emission are valid until the next one is read.</summary>
    public IEnumerable<Emission> Read()
    {
        string[] sources;
        long length;
        SafeFileHandle file;
        lock (_lock)
        {
            _spool.Flush();

            // Read under the lock: the property flushes, which must not happen while another thread appends.
            file = _spool.SafeFileHandle;
            length = _spool.Length;
            sources = [.. _sources.OrderBy(static source => source.Value).Select(static source => source.Key)];
        }

        var buffer = new byte[BufferBytes];
        var (offset, start, end) = (0L, 0, 0);
        while (offset + start < length)
        {
            var needed = HeaderBytes;
            if (end - start >= HeaderBytes)
            {
                needed += BinaryPrimitives.ReadInt32LittleEndian(buffer.AsSpan(start + 5));
            }

            if (end - start < needed)
            {
                offset += start;
                start = 0;
                if (buffer.Length < needed)
                {
                    buffer = new byte[needed];
                }

                end = RandomAccess.Read(file, buffer.AsSpan(0, (int)Math.Min(buffer.Length, length - offset)), offset);
                if (end < needed)
                {
                    throw new InvalidDataException($"An emission of {needed} bytes at {offset} ends after {end}.");
                }

                continue;
            }

            yield return new Emission(
                (EmissionChannel)buffer[start],
                sources[BinaryPrimitives.ReadInt32LittleEndian(buffer.AsSpan(start + 1))],
                buffer.AsMemory(start + HeaderBytes, needed - HeaderBytes)
            );
            start += needed;
        }
    }

    /// <inheritdoc />
    public void Dispose() => _spool.Dispose();
}

/// <summary>Bytes that left a server together, by one channel.</summary>
internal readonly record struct Emission(EmissionChannel Channel, string Source, ReadOnlyMemory<byte> Bytes);
