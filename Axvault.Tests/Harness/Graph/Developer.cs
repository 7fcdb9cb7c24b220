using System.Collections.Concurrent;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;

namespace Axvault.Tests.Harness.Graph;

/// <summary>A simulated developer at the dashboard, who reads the dialogs and answers them. A dialog without a prepared answer is cancelled.</summary>
internal sealed class Developer : IInteractionService
{
    /// <summary>The answers to the next dialogs, in order.</summary>
    public ConcurrentQueue<string> Answers { get; } = [];

    /// <summary>The dialogs shown so far, each with its title and text.</summary>
    public ConcurrentQueue<string> Shown { get; } = [];

    /// <inheritdoc />
    public bool IsAvailable { get; set; } = true;

    /// <inheritdoc />
    public Task<InteractionResult<InteractionInput>> PromptInputAsync(
        string title,
        string? message,
        InteractionInput input,
        InputsDialogInteractionOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        Shown.Enqueue($"{title}\n{message}");
        if (!Answers.TryDequeue(out var answer))
        {
            return Task.FromResult(InteractionResult.Cancel<InteractionInput>());
        }

        input.Value = answer;
        return Task.FromResult(InteractionResult.Ok(input));
    }

    /// <inheritdoc />
    public Task<InteractionResult<bool>> PromptMessageBoxAsync(
        string title,
        string message,
        MessageBoxInteractionOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        Shown.Enqueue($"{title}\n{message}");
        return Task.FromResult(InteractionResult.Ok(true));
    }

    /// <inheritdoc />
    public Task<InteractionResult<bool>> PromptConfirmationAsync(
        string title,
        string message,
        MessageBoxInteractionOptions? options = null,
        CancellationToken cancellationToken = default
    ) => throw new NotSupportedException();

    /// <inheritdoc />
    public Task<InteractionResult<InteractionInput>> PromptInputAsync(
        string title,
        string? message,
        string inputLabel,
        string placeHolder,
        InputsDialogInteractionOptions? options = null,
        CancellationToken cancellationToken = default
    ) => throw new NotSupportedException();

    /// <inheritdoc />
    public Task<InteractionResult<InteractionInputCollection>> PromptInputsAsync(
        string title,
        string? message,
        IReadOnlyList<InteractionInput> inputs,
        InputsDialogInteractionOptions? options = null,
        CancellationToken cancellationToken = default
    ) => throw new NotSupportedException();

    /// <inheritdoc />
    public Task<InteractionResult<bool>> PromptNotificationAsync(
        string title,
        string message,
        NotificationInteractionOptions? options = null,
        CancellationToken cancellationToken = default
    ) => throw new NotSupportedException();

    /// <inheritdoc />
    public Task<InteractionResult<bool>> PromptProgressAsync(
        string message,
        ProgressInteractionOptions? options = null,
        CancellationToken cancellationToken = default
    ) => throw new NotSupportedException();

#pragma warning disable ASPIRETERMINAL001 // Terminals of Aspire are experimental, but the interface has this member.
    /// <inheritdoc />
    public Task<InteractionResult<bool>> PromptTerminalAsync(
        string message,
        AspireTerminal terminal,
        TerminalInteractionOptions? options = null,
        CancellationToken cancellationToken = default
    ) => throw new NotSupportedException();
#pragma warning restore ASPIRETERMINAL001
}
