#!/bin/bash
# A run of image-drift on Slurm, shards: {{shards}}, tasks: {{tasks}}. Made by: image-drift submit {{run}} --to slurm
# {{measured}}
#SBATCH --job-name=image-drift-{{id}}
#SBATCH --array={{array}}
#SBATCH --ntasks=1
#SBATCH --cpus-per-task={{cpus}}
#SBATCH --mem={{memory_mib}}M
#SBATCH --requeue
#SBATCH --open-mode=append
#SBATCH --output={{logs}}/slurm-%A_%a.log
# A task that is told to end has a minute for it. It needs less than a second.
#SBATCH --signal=TERM@60

srun {{command}} embed --plan {{plan}} --shard auto {{flags}} --threads "$SLURM_CPUS_PER_TASK"
code=$?

# 5: a server, a disk or memory that was not there. 130, 137, 143: ended from outside. All of these may pass by themselves.
# Anything else stays wrong: 2 the command, 4 the plan, an image or the weights.
case $code in
  5 | 130 | 137 | 143)
    if [ "${SLURM_RESTART_COUNT:-0}" -lt {{retries}} ]; then
      scontrol requeue "${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}"
    fi
    ;;
esac
exit $code
