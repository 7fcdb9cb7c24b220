using Axvault.Api.WebConsole.Inside;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Axvault.Tests.WebConsole;

/// <summary>A call inside the server whose browser goes away.</summary>
public sealed class InsideHandlerTests
{
    [Fact]
    public async Task A_request_ends_after_the_call_inside_it()
    {
        await using var services = new ServiceCollection().AddHttpContextAccessor().BuildServiceProvider();
        var (reached, released) = (new TaskCompletionSource(), new TaskCompletionSource());
        var hasEnded = false;
        var app = new ApplicationBuilder(services);
        var entrance = new VaultEntrance();
        entrance.OpenAt(app);
        app.Run(async context =>
        {
            reached.SetResult();
            await released.Task;
            // More than fits into the pipe, which no one reads any more.
            await context.Response.Body.WriteAsync(new byte[1024 * 1024], CancellationToken.None);
            hasEnded = true;
        });
        app.Build();
        using var http = new HttpClient(new InsideHandler(entrance, new DefaultHttpContext { RequestServices = services }, key: null));
        using var gone = new CancellationTokenSource();

        var call = http.GetAsync(InsideHandler.Address, gone.Token);
        await reached.Task;
        await gone.CancelAsync();
        released.SetResult();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.True(hasEnded);
    }
}
