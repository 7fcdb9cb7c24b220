using Npgsql;

namespace Axvault.Api.Lifetime;

/// <summary>A background service that waits until the server is open, then repeats a step until the server stops.</summary>
/// <remarks>A failed step never ends the loop. The next step may fail, too, but ending the server would stop all reads.</remarks>
/// <param name="readiness">The readiness of the server.</param>
/// <param name="time">The clock that measures the pauses.</param>
/// <param name="logger">The log of the derived class.</param>
internal abstract partial class BackgroundLoop(ServerReadiness readiness, TimeProvider time, ILogger logger) : BackgroundService
{
    /// <summary>The readiness of the server.</summary>
    protected ServerReadiness Readiness => readiness;

    /// <summary>The clock that measures the pauses.</summary>
    protected TimeProvider Time => time;

    /// <summary>The log of the derived class.</summary>
    protected ILogger Logger => logger;

    /// <summary>The work of a step, as the subject of a log message.</summary>
    protected abstract string Work { get; }

    /// <summary>The pause after a step that a fault of the database interrupted.</summary>
    protected abstract TimeSpan PauseAfterInterruption { get; }

    /// <summary>The pause after a step that failed otherwise.</summary>
    protected virtual TimeSpan PauseAfterFailure => PauseAfterInterruption;

    /// <summary>Prepares the first step, once, after the server has opened. An exception ends the server.</summary>
    protected virtual Task PrepareAsync(CancellationToken stoppingToken) => Task.CompletedTask;

    /// <summary>Does the work once.</summary>
    /// <returns>The pause before the next step.</returns>
    protected abstract Task<TimeSpan> StepAsync(CancellationToken stoppingToken);

    /// <summary>Returns <c>true</c> when the next step is expected to succeed once the database answers again; otherwise <c>false</c>.</summary>
    protected virtual bool IsInterruption(Exception exception) => exception is NpgsqlException or TimeoutException;

    /// <summary>Logs a fault of the database.</summary>
    protected virtual void OnInterrupted(Exception exception) => Log.Interrupted(logger, Work, exception.Message);

    /// <summary>Logs any other fault.</summary>
    protected virtual void OnFailed(Exception exception) => Log.Failed(logger, exception, Work);

    /// <inheritdoc />
    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await readiness.Opened.WaitAsync(stoppingToken);
        await PrepareAsync(stoppingToken);
        while (true)
        {
            await Task.Delay(await RunStepAsync(stoppingToken), time, stoppingToken);
        }
    }

    private async Task<TimeSpan> RunStepAsync(CancellationToken stoppingToken)
    {
        try
        {
            return await StepAsync(stoppingToken);
        }
        catch (Exception exception) when (IsInterruption(exception))
        {
            OnInterrupted(exception);
            return PauseAfterInterruption;
        }
        catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
        {
            OnFailed(exception);
            return PauseAfterFailure;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "{Work} was interrupted and continues: {Reason}")]
        public static partial void Interrupted(ILogger logger, string work, string reason);

        [LoggerMessage(LogLevel.Error, "{Work} failed and is tried again")]
        public static partial void Failed(ILogger logger, Exception exception, string work);
    }
}
