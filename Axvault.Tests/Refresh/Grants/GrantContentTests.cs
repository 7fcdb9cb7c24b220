using Axvault.Api.Refresh.Grants;

namespace Axvault.Tests.Refresh.Grants;

public sealed class GrantContentTests
{
    [Fact]
    public async Task A_grant_is_written_once_and_then_counts_as_sent()
    {
        using var content = new GrantContent("body"u8.ToArray(), "application/json");
        using var stream = new MemoryStream();
        Assert.False(content.MayHaveLeft);
        Assert.Equal((4, "application/json"), (content.Headers.ContentLength, content.Headers.ContentType!.ToString()));
        Assert.False(content.MayHaveLeft);

        await content.CopyToAsync(stream, TestContext.Current.CancellationToken);
        Assert.True(content.MayHaveLeft);
        Assert.Equal("body"u8.ToArray(), stream.ToArray());

        await Assert.ThrowsAsync<HttpRequestException>(() => content.CopyToAsync(stream, TestContext.Current.CancellationToken));
        Assert.Equal(4, stream.Length);
    }

    [Fact]
    public async Task A_grant_that_fails_while_written_counts_as_sent()
    {
        using var content = new GrantContent("body"u8.ToArray(), "application/json");
        await Assert.ThrowsAnyAsync<Exception>(() => content.CopyToAsync(new BrokenStream(), TestContext.Current.CancellationToken));
        Assert.True(content.MayHaveLeft);
        await Assert.ThrowsAsync<HttpRequestException>(() => content.CopyToAsync(Stream.Null, TestContext.Current.CancellationToken));
    }

    private sealed class BrokenStream : MemoryStream
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => throw new IOException("Broken.");
    }
}
