using System.Buffers.Binary;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Axvault.Tests.Leaks;

/// <summary>All that was emitted, in a temporary file: a run emits more than belongs into memory. Safe for use by many tests at once.</summary>
internal sealed class Emissions : IDisposable
{
    // Channel, source, length.
    private const int HeaderBytes = 1 + 4 + 4;
    private const int BufferBytes = 1 << 20;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _sources = [];
    private readonly FileStream _spool = new(
        Path.Combine(Path.GetTempPath(), $"axvault-test-emissions-{Guid.NewGuid():N}"),
        new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Share = FileShare.None, Options = FileOptions.DeleteOnClose, BufferSize = BufferBytes });

    /// <summary>How many bytes were emitted, and what it takes to tell them apart.</summary>
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

    /// <summary>Keeps bytes that belong together: what begins in one emission and ends in the next is not found.</summary>
    /// <param name="channel">How they came.</param>
    /// <param name="source">Whose they are, for whoever looks for a leak.</param>
    /// <param name="bytes">What came.</param>
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

    /// <summary>Reads what was emitted so far, in order. The bytes of an emission are good until the next one is read.</summary>
    public IEnumerable<Emission> Read()
    {
        string[] sources;
        long length;
        SafeFileHandle file;
        lock (_lock)
        {
            _spool.Flush();

            // Asked for here: the property flushes, which must not happen while another thread appends.
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

            yield return new Emission((EmissionChannel)buffer[start], sources[BinaryPrimitives.ReadInt32LittleEndian(buffer.AsSpan(start + 1))], buffer.AsMemory(start + HeaderBytes, needed - HeaderBytes));
            start += needed;
        }
    }

    /// <inheritdoc />
    public void Dispose() => _spool.Dispose();
}

/// <summary>What came at once by one channel.</summary>
internal readonly record struct Emission(EmissionChannel Channel, string Source, ReadOnlyMemory<byte> Bytes);
