using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Axvault.Api.Broker.Usage;
using CsCheck;

namespace Axvault.Tests.Broker;

/// <summary>The readers of the use of tokens, with answers in any pieces, and with answers of a hostile upstream.</summary>
public sealed class UsageReaderTests
{
    private const string Message =
        """{"model":"m","text":"\"usage\":{\"output_tokens\":9}é","list":[[1],{"usage":{"output_tokens":8}}],"""
        + """ "usage":{"input_tokens":12,"output_tokens":34}}""";

    private static readonly TokenUsage Told = new("m", 12, 34, 0, 0);

    [Theory]
    [InlineData("application/json", Message)]
    [InlineData("Application/JSON; charset=UTF-8", Message)]
    [InlineData("text/event-stream", $": comment\nevent: a\ndata: {Message}\n\ndata: [DONE]\n\n")]
    [InlineData("Text/Event-Stream", $"data:{Message}\r\n\r\nid: 1\r\n\r\n")]
    [InlineData("text/event-stream", $"data:{Message}\r\rdata: x\r\r")]
    public void Any_split_of_an_answer_gives_the_same_use(string type, string body)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        Gen.Int[1, 9].Array[1, 40].Sample(sizes => Assert.Equal(Told, Read(Begin(type), Split(bytes, sizes))));
    }

    [Fact]
    public void Any_split_of_frames_gives_the_same_use()
    {
        byte[] frames =
        [
            .. Frame(0x01, Message[..20]),
            .. Frame(0x89, "ping"),
            .. Frame(0x80, Message[20..]),
            .. Frame(0x82, """{"usage":{"output_tokens":500}}"""),
            .. Frame(0x81, ""),
            .. Frame(0x81, $$"""{"pad":"{{new string('x', 70_000)}}","usage":{"input_tokens":1,"output_tokens":1} }"""),
        ];
        Gen.Int[1, 900].Array[1, 40].Sample(sizes => Assert.Equal(new TokenUsage("m", 13, 35, 0, 0), Read(BeginSocket(), Split(frames, sizes))), iter: 50);
    }

    [Fact]
    public void Garbage_is_no_use_and_no_error() =>
        Gen.Byte.Array[0, 300]
            .Select(Gen.Int[1, 50].Array[1, 10])
            .Sample(static (bytes, sizes) =>
            {
                foreach (var meter in (UsageMeter[])[Begin("application/json"), Begin("text/event-stream"), BeginSocket()])
                {
                    Read(meter, Split(bytes, sizes));
                }
            });

    [Fact]
    public void Damaged_answers_are_no_error() =>
        Gen.Int[0, Message.Length - 1]
            .Select(Gen.Byte)
            .Sample(static (place, value) =>
            {
                var bytes = Encoding.UTF8.GetBytes(Message);
                bytes[place] = value;
                Read(Begin("application/json"), [bytes]);
                Read(Begin("text/event-stream"), [.. "data: "u8.ToArray().Chunk(6), bytes, "\n\n"u8.ToArray()]);
            });

    [Theory]
    [InlineData("""{"model":"\ud800","usage":{"output_tokens":1}}""", 1)]
    [InlineData("""{"mode\ud800":"x","usage":{"output_tokens":1}}""", 1)]
    [InlineData("""{"\ud800odel":"x","usage":{"output_tokens":1}}""", 1)]
    [InlineData("""{"model":"m\u0000","usage":{"output_tokens":1}}""", 1)]
    [InlineData("""{"usage":{"output_tokens":-5}}""", 0)]
    [InlineData("""{"usage":{"output_tokens":1e400}}""", 0)]
    [InlineData("""{"usage":{"output_tokens":99999999999999999999999999}}""", 0)]
    [InlineData("""{"usage":{"output_tokens":{"output_tokens":7}}}""", 0)]
    [InlineData("""{"usage":{"output_tokens":[7]}}""", 0)]
    [InlineData("""{"choices":[{"message":{"usage":{"output_tokens":7}}}]}""", 0)]
    public void Odd_answers_count_only_what_they_tell(string body, long output)
    {
        var usage = Read(Begin("application/json"), [Encoding.UTF8.GetBytes(body)]);

        Assert.Equal(output, usage?.Output ?? 0);
        Assert.Null(usage?.Model);
    }

    [Fact]
    public void Great_numbers_stay_below_the_range_of_the_database()
    {
        const string Most = "9223372036854775807";
        var body = $$$"""{"usage":{"input_tokens":{{{Most}}},"prompt_tokens":{{{Most}}},"output_tokens":{{{Most}}},"completion_tokens":{{{Most}}}}}""";
        var meter = BeginSocket();
        for (var i = 0; i < 1000; i++)
        {
            meter.See(Frame(0x81, body));
        }

        var usage = meter.Read();

        // A million of such calls a day still fit into a sum of 64 bits.
        Assert.InRange(usage?.Total ?? 0, 0, long.MaxValue / 1_000_000);
        Assert.True(usage is null or { Input: >= 0, Output: >= 0 });
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(4096)]
    [InlineData(65536)]
    [InlineData(int.MaxValue)]
    public void A_text_of_any_length_hides_no_use(int size)
    {
        var text = string.Concat(Enumerable.Repeat("""é \"usage\":{\"output_tokens\":9}\\\u0022""", 80_000));
        const string Use = """ "usage":{"input_tokens":12,"output_tokens":34},"model":"m" """;
        foreach (var body in new[] { $$$"""{"response":{"instructions":"{{{text}}}",{{{Use}}}}}""", $$$"""{"response":{"{{{text}}}" :1,{{{Use}}}}}""" })
        {
            Assert.InRange(body.Length, 3 * 1024 * 1024, int.MaxValue);
            Assert.Equal(Told, Read(Begin("application/json"), Split(Encoding.UTF8.GetBytes(body), [size])));
            Assert.Equal(Told, Read(Begin("text/event-stream"), Split(Encoding.UTF8.GetBytes($"data: {body}\n\n"), [size])));
        }
    }

    [Fact]
    public void A_long_text_in_drips_is_read_in_linear_time()
    {
        var meter = Begin("application/json");
        meter.See("{\"text\":\""u8);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        for (var i = 0; i < 1_900_000; i++)
        {
            meter.See("x"u8);
        }

        meter.See("\",\"usage\":{\"output_tokens\":3}}"u8);

        Assert.Equal(3, meter.Read()?.Output);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), $"{clock.Elapsed}");
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("text/event-stream")]
    public void The_memory_for_an_endless_text_is_bounded(string type)
    {
        var meter = Begin(type);
        meter.See("data:{\"text\":\""u8[(type == "application/json" ? 5 : 0)..]);
        var piece = new byte[256 * 1024];
        Array.Fill(piece, (byte)'x');
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 200; i++)
        {
            meter.See(piece);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 128 * 1024);
    }

    private static TokenUsage? Read(UsageMeter meter, IEnumerable<byte[]> pieces)
    {
        using (meter)
        {
            foreach (var piece in pieces)
            {
                meter.See(piece);
            }

            return meter.Read();
        }
    }

    private static UsageMeter Begin(string type)
    {
        var meter = new UsageMeter();
        using var answer = new HttpResponseMessage(HttpStatusCode.OK) { Content = new ByteArrayContent([]) };
        answer.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        meter.Begin(answer, isWebSocket: false);
        return meter;
    }

    private static UsageMeter BeginSocket()
    {
        var meter = new UsageMeter();
        using var answer = new HttpResponseMessage(HttpStatusCode.SwitchingProtocols);
        meter.Begin(answer, isWebSocket: true);
        return meter;
    }

    private static IEnumerable<byte[]> Split(byte[] bytes, int[] sizes)
    {
        for (int at = 0, i = 0; at < bytes.Length; i++)
        {
            var size = Math.Min(sizes[i % sizes.Length], bytes.Length - at);
            yield return bytes[at..(at + size)];
            at += size;
        }
    }

    private static byte[] Frame(byte first, string text)
    {
        var body = Encoding.UTF8.GetBytes(text);
        byte[] length;
        if (body.Length < 126)
        {
            length = [(byte)body.Length];
        }
        else if (body.Length <= ushort.MaxValue)
        {
            length = [126, 0, 0];
            BinaryPrimitives.WriteUInt16BigEndian(length.AsSpan(1), (ushort)body.Length);
        }
        else
        {
            length = [127, 0, 0, 0, 0, 0, 0, 0, 0];
            BinaryPrimitives.WriteUInt64BigEndian(length.AsSpan(1), (ulong)body.Length);
        }

        return [first, .. length, .. body];
    }
}
