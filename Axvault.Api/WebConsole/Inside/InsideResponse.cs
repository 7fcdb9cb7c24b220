using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Http.Features;

namespace Axvault.Api.WebConsole.Inside;

/// <summary>The response of a call inside the server: the pipeline writes it, and the console reads it, at the reader's pace.</summary>
internal sealed class InsideResponse : IHttpResponseFeature, IHttpResponseBodyFeature
{
    private readonly Pipe _body = new();
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Stack<(Func<object, Task> Callback, object State)> _starting = [];
    private readonly Stack<(Func<object, Task> Callback, object State)> _completed = [];
    private readonly StartingWriter _writer;
    private Stream? _stream;

    public InsideResponse() => _writer = new StartingWriter(this);

    /// <summary>Ends when the status and the headers are there. Fails when the call failed before.</summary>
    public Task Started => _started.Task;

    /// <inheritdoc />
    public int StatusCode { get; set; } = StatusCodes.Status200OK;

    /// <inheritdoc />
    public string? ReasonPhrase { get; set; }

    /// <inheritdoc />
    public IHeaderDictionary Headers { get; set; } = new HeaderDictionary();

    /// <inheritdoc />
    public bool HasStarted { get; private set; }

    /// <inheritdoc />
    public PipeWriter Writer => _writer;

    /// <inheritdoc />
    public Stream Stream => _stream ??= _writer.AsStream();

    /// <inheritdoc />
    Stream IHttpResponseFeature.Body
    {
        get => Stream;
        set => throw new NotSupportedException();
    }

    /// <inheritdoc />
    public void OnStarting(Func<object, Task> callback, object state) => _starting.Push((callback, state));

    /// <inheritdoc />
    public void OnCompleted(Func<object, Task> callback, object state) => _completed.Push((callback, state));

    /// <inheritdoc />
    public void DisableBuffering() { }

    /// <inheritdoc />
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        if (HasStarted)
        {
            return;
        }

        while (_starting.TryPop(out var next))
        {
            await next.Callback(next.State);
        }

        HasStarted = true;
        _started.TrySetResult();
    }

    /// <inheritdoc />
    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
        SendFileFallback.SendFileAsync(Stream, path, offset, count, cancellationToken);

    /// <inheritdoc />
    public async Task CompleteAsync()
    {
        await StartAsync();
        await _body.Writer.CompleteAsync();
    }

    /// <summary>Ends the response after the pipeline has returned.</summary>
    public async Task EndAsync()
    {
        await CompleteAsync();
        while (_completed.TryPop(out var next))
        {
            await next.Callback(next.State);
        }
    }

    /// <summary>Ends the response with a failure: before its head, or as a body that breaks off.</summary>
    public void Fail(Exception exception)
    {
        _started.TrySetException(exception);
        _body.Writer.Complete(exception);
    }

    /// <summary>Ends the reading: what the pipeline still writes is dropped, and does not wait for a reader.</summary>
    public void Abandon() => _body.Reader.Complete();

    /// <summary>Returns the response as the answer to <paramref name="request"/>.</summary>
    public HttpResponseMessage ToMessage(HttpRequestMessage request)
    {
        var message = new HttpResponseMessage((HttpStatusCode)StatusCode) { RequestMessage = request, Content = new StreamContent(_body.Reader.AsStream()) };
        foreach (var (name, values) in Headers)
        {
            if (!message.Headers.TryAddWithoutValidation(name, values.AsEnumerable()))
            {
                message.Content.Headers.TryAddWithoutValidation(name, values.AsEnumerable());
            }
        }

        return message;
    }

    // The head leaves with the first flush, as it does on a connection.
    private sealed class StartingWriter(InsideResponse response) : PipeWriter
    {
        private PipeWriter Inner => response._body.Writer;

        public override bool CanGetUnflushedBytes => Inner.CanGetUnflushedBytes;

        public override long UnflushedBytes => Inner.UnflushedBytes;

        public override void Advance(int bytes) => Inner.Advance(bytes);

        public override Memory<byte> GetMemory(int sizeHint = 0) => Inner.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => Inner.GetSpan(sizeHint);

        public override void CancelPendingFlush() => Inner.CancelPendingFlush();

        public override void Complete(Exception? exception = null) => Inner.Complete(exception);

        public override async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
        {
            await response.StartAsync(cancellationToken);
            return await Inner.FlushAsync(cancellationToken);
        }
    }
}
